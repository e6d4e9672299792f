/**
 * The part of Standard Schema v1 (https://standardschema.dev) that the library uses: any validator that
 * implements it can check a task's input and output.
 */
import { invalidArgument, SignalboxError, show } from '../core/errors.ts';

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardSchema<Input = unknown, Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type Types<S extends StandardSchema> = NonNullable<S['~standard']['types']>;

/** What a caller hands in, before the schema's own defaults and conversions. */
export type InferInput<S extends StandardSchema> = Types<S>['input'];
/** What the schema makes of it. */
export type InferOutput<S extends StandardSchema> = Types<S>['output'];

export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = '~standard' in value ? value['~standard'] : undefined;
  if (typeof standard !== 'object' || standard === null) return false;
  return 'validate' in standard && typeof standard.validate === 'function';
}

/**
 * The value as the schema outputs it. `what` names the value in the error.
 *
 * @throws SignalboxError INVALID_ARGUMENT when the value does not fit (`details.issues` lists why), or when
 * the schema validates asynchronously, which a submission cannot wait for.
 */
export function validateStandard<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
  what: string,
): Output {
  const result = schema['~standard'].validate(value);
  if ('then' in result) {
    result.then(undefined, () => {}); // refused below; its rejection must not end the process
    throw invalidArgument(`the schema of ${what}`, 'asynchronous', 'a schema that validates synchronously');
  }
  if (result.issues === undefined) return result.value;
  throw new SignalboxError('INVALID_ARGUMENT', `${what} does not fit its schema: ${summary(result.issues)}`, {
    hint: `${what} was ${show(value)}`,
    details: { argument: what, issues: result.issues },
  });
}

function summary(issues: readonly StandardIssue[]): string {
  const shown = issues.slice(0, 5).map((issue) => `${path(issue)}${issue.message}`);
  const more = issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function path(issue: StandardIssue): string {
  const keys = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return keys.length === 0 ? '' : `${keys.join('.')}: `;
}
