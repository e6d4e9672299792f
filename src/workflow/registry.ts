/**
 * What the modules of an application register for workflow files: functions for `uses: path/func@tag`, and
 * filters for templates.
 *
 * Owns: the names, and that each is taken once. Does not own: calling a function (stages/call.ts), nor which
 * modules are imported (the loader).
 */
import { closest, distance } from 'fastest-levenshtein';
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type InferOutput, isStandardSchema, type StandardSchema } from '../executors/standard-schema.ts';
import { BUILT_IN_FILTERS, type Filter, type FilterSet } from './expressions/index.ts';
import type { Extras } from './model.ts';

/** What a registered function may know besides its arguments. */
export interface CallContext {
  /** The `extras` of the stage and of everything it is in, config values included. */
  readonly extras: Extras;
  /** Aborted when the stage is to stop. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly runId: string;
  /** Of the stage. */
  readonly name: string;
  emitOutput(stream: 'stdout' | 'stderr', chunk: string): void;
  emitProgress(percent?: number, message?: string): void;
}

export type CallFunction<Args = Readonly<Record<string, unknown>>> = (
  args: Args,
  context: CallContext,
) => unknown;

export interface RegisterOptions<S extends StandardSchema = StandardSchema> {
  /** Checks and converts the arguments (zod, or any Standard Schema). Default: they are handed over as rendered. */
  readonly input?: S;
  /** Checks and converts what the function returns. */
  readonly output?: StandardSchema;
}

/** One registered function. */
export interface Registration {
  readonly path: string;
  readonly func: string;
  readonly tag: string;
  readonly fn: CallFunction;
  readonly input: StandardSchema | undefined;
  readonly output: StandardSchema | undefined;
}

/** The parts of `path/func@tag`; `func` may hold more slashes. */
const USES = /^([^/@]+)\/([^@]+)@(.+)$/s;

/** The tag of a function that was registered without one. */
const LATEST = 'latest';

/** A name in a message is at most this many edits away from one that was probably meant. */
const NEAR = 3;

export class Registry {
  readonly #functions = new Map<string, Map<string, Registration>>();
  #filters: FilterSet = BUILT_IN_FILTERS;

  /** Built-in and registered filters. */
  get filters(): FilterSet {
    return this.#filters;
  }

  /** `path/func@tag` of every registered function, in the order of registration. */
  get names(): readonly string[] {
    return [...this.#functions].flatMap(([key, tags]) => [...tags.keys()].map((tag) => `${key}@${tag}`));
  }

  /**
   * Makes `fn` callable as `uses: path/func@tag`, `tag` being `latest` when it is left out. It is called as
   * `fn(args, context)` and returns a plain object (or Map) of outputs, or a promise of it.
   *
   * @throws SignalboxError INVALID_ARGUMENT for a name that `uses` cannot say, or that is registered already.
   */
  register<S extends StandardSchema>(
    path: string,
    func: string,
    fn: CallFunction<InferOutput<S>>,
    options: RegisterOptions<S> & { readonly input: S },
  ): void;
  register(path: string, func: string, fn: CallFunction, options?: RegisterOptions): void;
  register<S extends StandardSchema>(
    path: string,
    func: string,
    tag: string,
    fn: CallFunction<InferOutput<S>>,
    options: RegisterOptions<S> & { readonly input: S },
  ): void;
  register(path: string, func: string, tag: string, fn: CallFunction, options?: RegisterOptions): void;
  register(path: string, func: string, ...rest: readonly unknown[]): void {
    const [tag, fn, options] = typeof rest[0] === 'function' ? [LATEST, ...rest] : rest;
    const one = registrationOf(path, func, tag, fn, options);
    const key = `${path}/${func}`;
    const tags = this.#functions.get(key) ?? new Map<string, Registration>();
    if (tags.has(one.tag)) {
      const hint = 'a module may have been imported twice under different addresses; else choose another tag';
      throw invalidArgument('the name of the function', `${key}@${one.tag}`, 'one that is not taken', hint);
    }
    tags.set(one.tag, one);
    this.#functions.set(key, tags);
  }

  /**
   * Makes `value | name(...)` usable in templates.
   *
   * @throws SignalboxError INVALID_ARGUMENT for a name that is taken, or cannot be a filter's.
   */
  registerFilter(name: string, filter: Filter): void {
    if (typeof filter !== 'function') throw invalidArgument(`the filter ${name}`, filter, 'a function');
    this.#filters = this.#filters.with(name, filter);
  }

  /**
   * The function that `uses` names.
   *
   * @throws SignalboxError CALL_NOT_REGISTERED, naming what is registered and what was probably meant.
   */
  find(uses: string): Registration {
    const [, path, func, tag] = USES.exec(uses) ?? [];
    if (path === undefined || func === undefined || tag === undefined)
      throw notRegistered(`Call '${uses}' does not match with the call regex format.`, uses, this.names);
    const tags = this.#functions.get(`${path}/${func}`);
    if (tags === undefined)
      throw notRegistered(`\`${path}\` has no function registered as '${func}'`, uses, this.names);
    const found = tags.get(tag);
    if (found !== undefined) return found;
    const others = [...tags.keys()].map((other) => `${path}/${func}@${other}`);
    throw notRegistered(`tag '${tag}' not found on registered function '${path}/${func}'`, uses, others);
  }
}

function registrationOf(
  path: string,
  func: string,
  tag: unknown,
  fn: unknown,
  options: unknown,
): Registration {
  if (typeof tag !== 'string') throw invalidArgument('the tag', tag, 'a string, or the function itself');
  const name = `${path}/${func}@${tag}`;
  const [, readPath, readFunc] = USES.exec(name) ?? [];
  if (readPath !== path || readFunc !== func)
    throw invalidArgument('the name of the function', name, '`path/func@tag`, path without "/" and "@"');
  if (typeof fn !== 'function') throw invalidArgument(`the function ${name}`, fn, 'a function');
  const { input, output } = (options ?? {}) as RegisterOptions;
  for (const [what, schema] of Object.entries({ input, output })) {
    if (schema === undefined || isStandardSchema(schema)) continue;
    throw invalidArgument(`${what} of ${name}`, schema, 'a Standard Schema, for example of zod');
  }
  return { path, func, tag, fn: fn as CallFunction, input, output };
}

function notRegistered(problem: string, uses: string, known: readonly string[]): SignalboxError {
  const list = known.length === 0 ? 'nothing is registered' : `registered: ${known.join(', ')}`;
  return new SignalboxError('CALL_NOT_REGISTERED', `${problem}; ${list}`, {
    hint: hintFor(uses, known),
    details: { uses, registered: known },
  });
}

function hintFor(uses: string, known: readonly string[]): string {
  const near = known.length === 0 ? undefined : closest(uses, [...known]);
  if (near !== undefined && distance(uses, near) <= NEAR) return `did you mean ${near}?`;
  return 'import the module that registers it: `--import MODULE`, or `imports:` in the file';
}

const SHARED = Symbol.for('signalbox.workflow.registry');

/**
 * What modules register with when they are not given a registry of their own. One per process, also where a command
 * that was installed for everybody runs modules of a project that has a copy of its own.
 */
export const defaultRegistry: Registry = shared();

function shared(): Registry {
  const place = globalThis as { [SHARED]?: Registry };
  place[SHARED] ??= new Registry();
  return place[SHARED];
}

/** Registers with the default registry; see {@link Registry.register}. */
export const register = defaultRegistry.register.bind(defaultRegistry) as Registry['register'];

/** Registers with the default registry; see {@link Registry.registerFilter}. */
export function registerFilter(name: string, filter: Filter): void {
  defaultRegistry.registerFilter(name, filter);
}
