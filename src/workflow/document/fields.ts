/**
 * The building blocks of the shapes of a file. What a block says when it refuses a value is what would be allowed;
 * issues.ts makes the sentence around it. Descriptions are shown by editors.
 */
import { z } from 'zod';
import { WORKFLOW_LONGEST_TIMEOUT_S, WORKFLOW_RETRIES } from '../../core/limits.ts';

/** Where JSON Schema refers to a definition: the shapes themselves are read level by level. */
export type Holds = 'stage' | 'job' | 'param' | 'branch' | 'schedule';

const HOLDS = 'x-holds';
const UNKNOWN_KEYS = 'unrecognized_keys';

/** A map with these keys and no others. `what`: what it is called, with its article. */
export function mapOf<S extends z.core.$ZodLooseShape>(what: string, shape: S) {
  return z.strictObject(shape, {
    error: ({ code }) => (code === UNKNOWN_KEYS ? `in ${what}\n${Object.keys(shape).join('\n')}` : 'a map'),
  });
}

/** What `mapOf` says of unknown keys. */
export function readUnknownKeys(message: string): {
  readonly where: string;
  readonly known: readonly string[];
} {
  const [where = '', ...known] = message.split('\n');
  return { where, known };
}

/** Checked on its own, one level further down. */
export function held(what: Holds) {
  return z.unknown().meta({ [HOLDS]: what });
}

export function listOf<T extends z.ZodType>(item: T, allowed: string) {
  return z.array(item, { error: allowed });
}

export const stageList = listOf(held('stage'), 'a list of stages, [] for none');

const TEMPLATE_EXAMPLE = '${{ params.x }}';
const TEMPLATE = /\$\{\{/;

/** Text that is more than blanks. Templates are filled in. */
export const text = (allowed = 'text') =>
  z.string({ error: allowed }).regex(/\S/, { error: `${allowed} that is not empty` });

/** Text that is taken as it is written. */
export const plainText = (allowed = 'text') =>
  text(allowed).regex(/^(?![\s\S]*\$\{\{)/, {
    error: `${allowed} without templates: they are not filled in here`,
  });

export const wholeNumber = (from: number, to: number) => {
  const error = `a whole number from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
};

/** Each alternative says the whole: zod asks only one of them where the type alone decides. */
export function orTemplate<T extends z.ZodType>(make: (error: string) => T, allowed: string) {
  const error = `${allowed}, or a template such as ${TEMPLATE_EXAMPLE}`;
  return z.union([make(error), z.string({ error }).regex(TEMPLATE, { error })], { error });
}

export const wholeNumberOrTemplate = (from: number, to: number) =>
  orTemplate(
    (error) => z.int({ error }).min(from, { error }).max(to, { error }),
    `a whole number from ${from} to ${to}`,
  );

export const bool = z.boolean({ error: 'true or false' });

export const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'a text, number or boolean',
});

export const names = (allowed: string) => listOf(plainText('text'), allowed);

/** Text, scalars or anything by name. */
export const mapFrom = <T extends z.ZodType>(value: T) => z.record(z.string(), value, { error: 'a map' });

export const anything = mapFrom(z.unknown());

const condition = z.union([z.string(), z.boolean()], { error: 'a condition as text, or true or false' });

export const conditionField = condition
  .nullish()
  .describe("Runs only if this holds, for example `${{ params.mode == 'full' }}`. Otherwise it is skipped.");

export const timeoutField = (what: string) => {
  const error = `seconds, more than 0 and at most ${WORKFLOW_LONGEST_TIMEOUT_S}`;
  return z
    .number({ error })
    .positive({ error })
    .max(WORKFLOW_LONGEST_TIMEOUT_S, { error })
    .optional()
    .describe(`Seconds ${what} may take.`);
};

const atLeastZero = (error: string) => z.number({ error }).min(0, { error });
/** Largest amount of a resource. */
const MOST = 9e9;
const AMOUNT = `a number from 0 to ${MOST}`;

const backoff = 'milliseconds, 0 or more';

const retryMap = mapOf('retry', {
  retries: wholeNumber(0, WORKFLOW_RETRIES).describe('Tries after the first.'),
  backoffMs: atLeastZero(backoff).optional().describe('Milliseconds before the first retry.'),
  factor: z
    .number({ error: 'a number, 1 or more' })
    .min(1, { error: 'a number, 1 or more' })
    .optional()
    .describe('How many times longer each further wait is. Default 2.'),
  maxBackoffMs: atLeastZero(backoff).optional().describe('Longest wait in milliseconds.'),
  jitter: atLeastZero('a number from 0 to 1')
    .max(1, { error: 'a number from 0 to 1' })
    .optional()
    .describe('Part of each wait that is left to chance, 0 to 1. Default 0.'),
});

export const retryField = z
  .union([wholeNumber(0, WORKFLOW_RETRIES), retryMap], {
    error: `a whole number from 0 to ${WORKFLOW_RETRIES}, or { retries, backoffMs, factor, maxBackoffMs, jitter }`,
  })
  .optional()
  .describe(
    'How often it is tried again when it fails: a number, or { retries, backoffMs, ... }. Default 0.',
  );

export type Retry = z.output<typeof retryField>;

const extras = z
  .looseObject(
    {
      stage_default_id: bool
        .optional()
        .describe('Stages without id keep their outputs under a generated id. Default true.'),
      generate_id_simple_mode: bool
        .optional()
        .describe('Generated ids are ten digits instead of an MD5. Default true.'),
      max_job_parallel: z
        .int({ error: 'a whole number, 1 or more' })
        .min(1, { error: 'a whole number, 1 or more' })
        .optional()
        .describe('Jobs that run at once.'),
      stage_raise_error: bool.optional().describe('The same as raiseOnError.'),
    },
    { error: 'a map' },
  )
  .nullish()
  .describe('Configuration values, and values of your own for registered functions.');

/** Keys that workflows, jobs and stages share. */
export const COMMON = {
  desc: z.string({ error: 'text' }).nullish().describe('What it is for, in words.'),
  extras,
  resources: mapFrom(atLeastZero(AMOUNT).max(MOST, { error: AMOUNT }))
    .optional()
    .describe('What each task holds while it runs, for example { cpu: 1, mem: 2 }.'),
  executor: plainText('the name of an executor').optional().describe('Executor that tasks run on.'),
  raiseOnError: bool.optional().describe('A failure ends the whole run with an error. Default false.'),
};
