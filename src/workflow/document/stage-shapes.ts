/** What each kind of stage may say, and which of its keys make it that kind. */
import { z } from 'zod';
import { WORKFLOW_SLEEP_S } from '../../core/limits.ts';
import type { StageKind } from '../model.ts';
import {
  anything,
  bool,
  COMMON,
  conditionField,
  held,
  listOf,
  mapFrom,
  mapOf,
  orTemplate,
  retryField,
  scalar,
  stageList,
  text,
  timeoutField,
  wholeNumber,
  wholeNumberOrTemplate,
} from './fields.ts';

const BASE = {
  name: text().describe('What it is called, shown everywhere. Only ${{ matrix.* }} templates are filled in.'),
  id: text().nullish().describe('Its outputs are found under stages.<id>. Default: generated from the name.'),
  if: conditionField,
  timeout: timeoutField('an attempt'),
  ...COMMON,
};

const RETRYABLE = { ...BASE, retry: retryField };

const env = mapFrom(scalar)
  .nullish()
  .describe('Environment variables. Values are texts, numbers or booleans.');
const vars = anything.nullish().describe('Values that the code sees as variables of these names.');
const code = (what: string) =>
  text().describe(`${what}. Values of templates reach it as data, never as code.`);

const sleep = orTemplate(
  (error) => z.number({ error }).min(0, { error }).lt(WORKFLOW_SLEEP_S, { error }),
  `seconds from 0 to less than ${WORKFLOW_SLEEP_S}`,
)
  .optional()
  .describe('Seconds to wait after the echo. Default 0.');

const USES = /^[^/@]+\/[^@]+@[\s\S]+$|\$\{\{/;

const CONDITION = 'a condition as text, or true or false';

const untilCondition = z
  .union([z.string().regex(/\S/, { error: CONDITION }), z.boolean()], { error: CONDITION })
  .describe('Ends the loop when it holds, for example `${{ item >= 3 }}`. Looked at after each loop.');

export const SHAPES = {
  empty: mapOf('a stage', {
    ...BASE,
    echo: z.string({ error: 'text' }).nullish().describe('What it says.'),
    sleep,
  }),
  bash: mapOf('a bash stage', {
    ...RETRYABLE,
    bash: code('A bash script'),
    env,
  }),
  py: mapOf('a py stage', {
    ...RETRYABLE,
    run: code('Python code, the same as py').optional(),
    py: code('Python code; its top-level names are the outputs').optional(),
    vars,
  }),
  'virtual-py': mapOf('a virtual-py stage', {
    ...RETRYABLE,
    run: code('Python code, the same as py').optional(),
    py: code('Python code; its top-level names are the outputs').optional(),
    vars,
    deps: listOf(text(), 'a list of Python packages').describe('Python packages that are installed for it.'),
    version: text().optional().describe("Version of Python, for example '3.12'."),
  }),
  js: mapOf('a js stage', {
    ...RETRYABLE,
    js: code('JavaScript code that runs in a thread of its own'),
    vars,
  }),
  call: mapOf('a call stage', {
    ...RETRYABLE,
    uses: text()
      .regex(USES, { error: 'path/func@tag, as it was registered' })
      .describe('The registered function to call, as path/func@tag.'),
    with: anything.nullish().describe('Its arguments.'),
  }),
  trigger: mapOf('a trigger stage', {
    ...RETRYABLE,
    trigger: text('the name of a workflow').describe('The workflow to run, by its name or file name.'),
    params: anything.nullish().describe('Values of its params.'),
  }),
  docker: mapOf('a docker stage', {
    ...RETRYABLE,
    image: text('the name of an image').describe('Image of the container.'),
    tag: text('text').optional().describe('Tag of the image. Default latest.'),
    env,
    volume: mapFrom(text('the path in the container'))
      .nullish()
      .describe('Folder below the working folder: path in the container.'),
    auth: mapFrom(text()).nullish().describe('Credentials for the registry: username, password.'),
  }),
  raise: mapOf('a raise stage', {
    ...BASE,
    raise: text('a message').describe('Fails with this message.'),
  }),
  parallel: mapOf('a parallel stage', {
    ...BASE,
    parallel: mapFrom(held('branch')).describe('Branches by name, each a list of stages.'),
    'max-workers': wholeNumberOrTemplate(1, 19).optional().describe('Branches at once, 1 to 19. Default 2.'),
  }),
  foreach: mapOf('a foreach stage', {
    ...BASE,
    foreach: z
      .union([z.array(z.unknown()), z.string()], { error: 'a list, or a template that gives one' })
      .describe('Items; its stages run once for each.'),
    stages: stageList
      .optional()
      .describe('What runs for each item; ${{ item }} and ${{ loop }} are known there.'),
    concurrent: wholeNumberOrTemplate(1, 9).optional().describe('Items at once, 1 to 9. Default 1.'),
    'use-index-as-key': bool
      .optional()
      .describe('Results are kept under the index of the item. Default false.'),
    use_index_as_key: bool.optional().describe('The same as use-index-as-key.'),
  }),
  until: mapOf('an until stage', {
    ...BASE,
    until: untilCondition,
    item: z
      .union([z.string(), z.number(), z.boolean()], { error: 'a text, number or boolean' })
      .optional()
      .describe('${{ item }} of the first loop; an output called item is that of the next. Default 0.'),
    stages: stageList.optional().describe('What runs in each loop.'),
    'max-loop': wholeNumber(1, 99).optional().describe('Loops before it fails, 1 to 99. Default 10.'),
  }),
  case: mapOf('a case stage', {
    ...BASE,
    case: z
      .union([z.string(), z.number(), z.boolean()], { error: 'a text, number or boolean, mostly a template' })
      .describe('The value to compare.'),
    match: listOf(
      mapOf('a match', {
        case: z
          .union([z.string(), z.number(), z.boolean()], { error: 'a text, number or boolean' })
          .optional()
          .describe('Its stages run when the value is this one.'),
        stages: stageList.optional().describe('What runs.'),
        else: stageList.optional().describe('What runs when no other case fits.'),
      }),
      'a list of { case, stages } and one { else }',
    )
      .min(1, { error: 'a list of { case, stages } and one { else }, at least one of them' })
      .describe('The cases in their order.'),
    'skip-not-match': bool
      .optional()
      .describe('Skipped when no case fits, instead of failed. Default false.'),
  }),
} as const satisfies Record<StageKind, z.ZodType>;

export type Shaped<K extends StageKind> = z.output<(typeof SHAPES)[K]>;

/** Key -> the kind of stage that it makes. */
export const DISCRIMINATORS: Readonly<Record<string, StageKind>> = {
  foreach: 'foreach',
  until: 'until',
  parallel: 'parallel',
  case: 'case',
  match: 'case',
  trigger: 'trigger',
  bash: 'bash',
  uses: 'call',
  run: 'py',
  py: 'py',
  js: 'js',
  raise: 'raise',
  image: 'docker',
};

/** With a key for Python, it makes the stage a virtual-py. */
export const VIRTUAL_KEY = 'deps';

/** Every key of any kind. */
export const STAGE_KEYS: readonly string[] = [
  ...new Set(Object.values(SHAPES).flatMap((shape) => Object.keys(shape.shape))),
];

/** The kinds that know a key. */
export function kindsWith(key: string): readonly StageKind[] {
  return (Object.keys(SHAPES) as StageKind[]).filter((kind) => Object.hasOwn(SHAPES[kind].shape, key));
}
