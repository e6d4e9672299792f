/** What can be known of a value or a condition before anything runs. */
import {
  BUILT_IN_FILTERS,
  checkCondition,
  decide,
  hasTemplate,
  render,
  type Scope,
} from '../../workflow/expressions/index.ts';
import type { Condition } from '../../workflow/model.ts';

/** What is known: parameters that were given, and the values of a combination. */
export class Values {
  readonly #scope: Scope;
  readonly #defaults: Readonly<Record<string, unknown>>;

  constructor(scope: Scope, defaults: Readonly<Record<string, unknown>>) {
    this.#scope = scope;
    this.#defaults = defaults;
  }

  with(scope: Scope): Values {
    return new Values({ ...this.#scope, ...scope }, this.#defaults);
  }

  /** A value without templates, or one that only depends on what is known; undefined for any other. */
  read(value: unknown): { readonly value: unknown } | undefined {
    if (isPlain(value)) return { value };
    return attempt(() => ({ value: render(value, this.#scope, { ...OPTIONS, expandsEnv: true }) }));
  }

  /** The same, with the defaults of the parameters that were not given. */
  readWithDefaults(value: unknown): { readonly value: unknown } | undefined {
    const params = { ...this.#defaults, ...(this.#scope['params'] as object | undefined) };
    return this.read(value) ?? this.with({ params }).read(value);
  }

  /** Undefined: it may come to either. */
  decide(condition: Condition): boolean | undefined {
    return attempt(() => decide(condition, this.#scope, OPTIONS));
  }
}

const OPTIONS = { filters: BUILT_IN_FILTERS, env: {} };

/** What cannot be worked out now is not known: that is no fault. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Nothing in it is filled in later. */
export function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return !hasTemplate(value) && !value.includes('${');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, one]) => isPlain(key) && isPlain(one));
}

const ROOTS = ['params', 'jobs', 'matrix', 'stages', 'item', 'loop', 'branch', 'case', 'retry', 'extras'];

/** Whether a condition refers to one of these names. */
export function mentions(condition: string | boolean, names: readonly string[]): boolean {
  if (typeof condition === 'boolean') return false;
  const faults = (roots: readonly string[]) =>
    checkCondition(condition, { roots, filters: BUILT_IN_FILTERS, expandsEnv: true }).length;
  return faults(ROOTS.filter((root) => !names.includes(root))) > faults(ROOTS);
}
