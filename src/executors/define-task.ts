/**
 * `defineTask`: a task body named by module and export, so that it can run where a closure cannot go
 * (another thread now, another machine later). Nothing is imported here: the definition is data.
 */
import { invalidArgument } from '../core/errors.ts';
import type { ModuleWork } from './executor.ts';
import {
  type InferInput,
  type InferOutput,
  isStandardSchema,
  type StandardSchema,
} from './standard-schema.ts';

/** A registered symbol, so that a definition is recognised across two copies of this package. */
const brand: unique symbol = Symbol.for('signalbox.task-definition');

/**
 * A task body on its own module. `TArgs` are the arguments it is called with (before the context), `TResult`
 * is what it returns; both exist for the type checker alone.
 */
export interface TaskDefinition<TArgs extends readonly unknown[] = readonly unknown[], TResult = unknown>
  extends ModuleWork {
  readonly [brand]: true;
  readonly name: string;
  /** Checks the one argument before the body is called. */
  readonly input: StandardSchema | undefined;
  /** Checks the result before it is recorded. */
  readonly output: StandardSchema | undefined;
  /** Never present; carries the types. */
  readonly '~types'?: { readonly args: TArgs; readonly result: TResult };
}

export interface TaskDefinitionOptions {
  /** How the task is called in events and in the ledger. */
  readonly name: string;
  /** Where the body lives, usually `new URL('./tasks.js', import.meta.url)`. A `file:` URL. */
  readonly module: URL | string;
  /** The exported function. It is called as `fn(...args, context)`. */
  readonly export: string;
}

/**
 * Names a task body by module and export. With `input`, a Standard Schema (zod, valibot, arktype, ...), the
 * task takes exactly one argument of the schema's input type; without it, state the types yourself:
 * `defineTask<[string, number], number>({ ... })`.
 *
 * @throws SignalboxError INVALID_ARGUMENT for an empty name or export, a module that is no `file:` URL, or a
 * schema that is not a Standard Schema.
 */
export function defineTask<I extends StandardSchema, O extends StandardSchema>(
  options: TaskDefinitionOptions & { readonly input: I; readonly output: O },
): TaskDefinition<readonly [InferInput<I>], InferOutput<O>>;
export function defineTask<I extends StandardSchema, TResult = unknown>(
  options: TaskDefinitionOptions & { readonly input: I; readonly output?: never },
): TaskDefinition<readonly [InferInput<I>], TResult>;
export function defineTask<TArgs extends readonly unknown[] = readonly unknown[], TResult = unknown>(
  options: TaskDefinitionOptions & {
    readonly input?: never;
    readonly output?: StandardSchema<unknown, TResult>;
  },
): TaskDefinition<TArgs, TResult>;
export function defineTask(
  options: TaskDefinitionOptions & { readonly input?: unknown; readonly output?: unknown },
): TaskDefinition {
  return Object.freeze({
    [brand]: true as const,
    kind: 'module' as const,
    name: nonEmpty('the name of a task definition', options.name),
    module: fileUrl(options.module),
    export: nonEmpty('the export of a task definition', options.export),
    input: schemaOrNothing('the input of a task definition', options.input),
    output: schemaOrNothing('the output of a task definition', options.output),
  });
}

/** True for what `defineTask` made, also by another copy of this package. */
export function isTaskDefinition(x: unknown): x is TaskDefinition {
  return typeof x === 'object' && x !== null && brand in x;
}

function nonEmpty(what: string, given: unknown): string {
  if (typeof given === 'string' && given !== '') return given;
  throw invalidArgument(what, given, 'a non-empty string');
}

function schemaOrNothing(what: string, given: unknown): StandardSchema | undefined {
  if (given === undefined || isStandardSchema(given)) return given;
  throw invalidArgument(
    what,
    given,
    "a Standard Schema, an object with '~standard'.validate (zod 4 objects fit)",
  );
}

function fileUrl(given: unknown): string {
  const href = given instanceof URL ? given.href : given;
  if (typeof href === 'string' && URL.canParse(href) && new URL(href).protocol === 'file:') {
    return new URL(href).href;
  }
  throw invalidArgument(
    'the module of a task definition',
    href,
    'a file: URL',
    "write module: new URL('./tasks.js', import.meta.url)",
  );
}
