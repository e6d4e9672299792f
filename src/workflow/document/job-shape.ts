/** What a job may say. */
import { z } from 'zod';
import type { TriggerRule } from '../model.ts';
import {
  anything,
  bool,
  COMMON,
  conditionField,
  mapFrom,
  mapOf,
  names,
  orTemplate,
  retryField,
  stageList,
  text,
  timeoutField,
  wholeNumberOrTemplate,
} from './fields.ts';

const RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'one_success',
  'one_failed',
  'none_failed',
  'none_skipped',
] as const satisfies readonly TriggerRule[];

const listOrTemplate = orTemplate((error) => z.array(z.unknown(), { error }), 'a list of values');
const combinationList = orTemplate((error) => z.array(anything, { error }), 'a list of maps').nullish();

const strategy = mapOf('strategy', {
  matrix: mapFrom(listOrTemplate)
    .nullish()
    .describe('Lists of values by name: the job runs once for each combination, with ${{ matrix.<name> }}.'),
  include: combinationList.describe('Combinations to add.'),
  exclude: combinationList.describe('Combinations to leave out.'),
  'fail-fast': bool.optional().describe('The first failure stops the other combinations. Default false.'),
  'max-parallel': wholeNumberOrTemplate(1, 9).optional().describe('Combinations at once, 1 to 9. Default 1.'),
});

const LOCAL =
  'local, since jobs run on this machine\nleave runs-on out; what runs elsewhere is said with executor:';

const runsOn = z
  .union(
    [
      z.literal('local', { error: LOCAL }),
      mapOf('runs-on', { type: z.literal('local', { error: LOCAL }).describe('Always local.') }),
    ],
    {
      error: LOCAL,
    },
  )
  .optional()
  .describe('Only local: what runs elsewhere is said with executor:.');

export const jobShape = mapOf('a job', {
  id: text().nullish().describe('The same as its key, if it is given.'),
  if: conditionField,
  needs: names('a list of job ids').optional().describe('Jobs that have to end before it starts.'),
  stages: stageList.optional().describe('What it does, one after the other.'),
  strategy: strategy.optional().describe('Runs it several times, with different values.'),
  retry: retryField,
  'runs-on': runsOn,
  'trigger-rule': z
    .enum(RULES, { error: RULES.join(', ') })
    .optional()
    .describe('How the jobs that it needs have to end. Default all_success.'),
  finally: bool.optional().describe('Runs when all other jobs are over, however they ended. Default false.'),
  timeout: timeoutField('the job'),
  ...COMMON,
});

export type ShapedJob = z.output<typeof jobShape>;
