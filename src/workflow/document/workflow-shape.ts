/** What a workflow file may say at its top, of its params and of its schedule. */
import { z } from 'zod';
import { WORKFLOW_SCHEDULES } from '../../core/limits.ts';
import type { ParamType } from '../model.ts';
import {
  bool,
  COMMON,
  held,
  listOf,
  mapFrom,
  mapOf,
  names,
  text,
  timeoutField,
  wholeNumber,
} from './fields.ts';

const TYPES = [
  'str',
  'int',
  'float',
  'decimal',
  'bool',
  'date',
  'datetime',
  'choice',
  'map',
  'array',
] as const satisfies readonly ParamType[];

export const paramTypes: readonly string[] = TYPES;

const type = z.enum(TYPES, { error: TYPES.join(', ') }).describe('What its values are.');

export const paramShape = mapOf('a param', {
  type,
  desc: z.string({ error: 'text' }).nullish().describe('What it is for, in words.'),
  required: bool.optional().describe('A run has to give it, unless there is a default. Default false.'),
  default: z.unknown().optional().describe('Its value where a run gives none.'),
  options: listOf(
    z.union([z.string(), z.number()], { error: 'a text or number' }),
    'a list of texts and numbers',
  )
    .min(1, { error: 'a list of texts and numbers, at least one of them' })
    .optional()
    .describe('The values of a choice.'),
  precision: wholeNumber(0, 15)
    .optional()
    .describe('Digits after the point of a float or decimal. Default 6.'),
});

export const paramTypeShape = type;

const zone = text('the name of a time zone such as Europe/Berlin');
const timezone = zone.optional().describe('IANA name of the time zone. Default UTC.');
const tz = zone.optional().describe('The same as timezone.');

export const cronShape = mapOf('a schedule', {
  cronjob: text('five fields such as 0 6 * * 1-5').describe(
    'minute hour day month weekday, and the year if you like.',
  ),
  timezone,
  tz,
});

export const intervalShape = mapOf('a schedule', {
  interval: z
    .enum(['daily', 'weekly', 'monthly'], { error: 'daily, weekly, monthly' })
    .describe('How often it runs.'),
  day: z
    .union([z.string(), z.number()], { error: 'a day of the week for weekly, 1 to 31 for monthly' })
    .optional()
    .describe('weekly: a day such as monday (default). monthly: 1 (default) to 31.'),
  time: z
    .string({ error: "HH:MM in quotes, for example '06:30'" })
    .regex(/^(?:[01]?\d|2[0-3]):[0-5]\d$/, { error: "HH:MM, for example '06:30'" })
    .optional()
    .describe('HH:MM. Default 00:00.'),
  timezone,
  tz,
});

const ENTRIES = 'a list of { cronjob, timezone } and { interval, day, time, timezone }';
const entries = listOf(held('schedule'), ENTRIES).max(WORKFLOW_SCHEDULES, {
  error: `at most ${WORKFLOW_SCHEDULES} entries`,
});

const on = z
  .union(
    [
      mapOf('on', {
        schedule: entries.nullish().describe('When it runs by itself.'),
        release: names('a list of workflow names')
          .nullish()
          .describe('Workflows that run after it was released.'),
      }),
      entries,
    ],
    { error: `{ schedule, release }, or ${ENTRIES}` },
  )
  .nullish()
  .describe('When `signalbox serve` runs it.');

export const workflowShape = mapOf('a workflow', {
  name: text().describe('What it is called, shown everywhere.'),
  type: z.literal('Workflow', { error: 'Workflow' }).optional().describe('Always Workflow.'),
  params: mapFrom(held('param')).nullish().describe('Values that a run is given, by name.'),
  jobs: mapFrom(held('job')).describe('Jobs by id. They run side by side unless one needs another.'),
  on,
  tags: names('a list of texts').nullish().describe('Words to find it by.'),
  imports: names('a list of modules')
    .nullish()
    .describe('Modules that register functions and filters, relative to the file.'),
  timeout: timeoutField('a run').describe('Seconds a run may take. Default 3600.'),
  created_at: z.string({ error: 'text' }).nullish().describe('When it was written, for people.'),
  updated_dt: z.string({ error: 'text' }).nullish().describe('When it was changed last, for people.'),
  ...COMMON,
});

export type ShapedWorkflow = z.output<typeof workflowShape>;
export type ShapedParam = z.output<typeof paramShape>;
