/** Filters by name. A set never changes: one with more is a new set. */
import { invalidArgument } from '../../core/errors.ts';
import { listed } from './suggestion.ts';

/** `value | name(args..., key=value...)`. What it throws refuses the value; its message is part of the error. */
export type Filter = (
  value: unknown,
  args: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
) => unknown;

/** Which arguments a filter takes, so that wrong ones are found before anything runs. */
export interface FilterForm {
  /** Names of the arguments in their order, the required ones first. */
  readonly names: readonly string[];
  readonly required: number;
}

interface Entry {
  readonly filter: Filter;
  /** Undefined: the filter looks at its arguments itself. */
  readonly form: FilterForm | undefined;
}

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

export class FilterSet {
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(entries: ReadonlyMap<string, Entry>) {
    this.#entries = entries;
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  find(name: string): Filter | undefined {
    return this.#entries.get(name)?.filter;
  }

  /**
   * A set with one more filter.
   *
   * @throws INVALID_ARGUMENT for a name that is taken, also by a built-in filter, or that is no name.
   */
  with(name: string, filter: Filter): FilterSet {
    if (!NAME.test(name))
      throw invalidArgument('the name of a filter', name, 'letters, digits and _, a digit not first');
    if (this.#entries.has(name))
      throw invalidArgument('the name of a filter', name, `one that is not taken by ${listed(this.names)}`);
    return new FilterSet(new Map([...this.#entries, [name, { filter, form: undefined }]]));
  }

  /** What is wrong with these arguments; undefined for nothing, and for an unknown filter. */
  misuse(
    name: string,
    args: readonly unknown[],
    named: Readonly<Record<string, unknown>>,
  ): string | undefined {
    const form = this.#entries.get(name)?.form;
    return form === undefined ? undefined : misuseOf(form, args, named);
  }
}

function misuseOf(
  form: FilterForm,
  args: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
): string | undefined {
  if (args.length > form.names.length)
    return `takes ${form.names.length === 0 ? 'no arguments' : `up to ${form.names.length}`}, it was given ${args.length}`;
  for (const name of Object.keys(named)) {
    const place = form.names.indexOf(name);
    if (place < 0) return `has no argument ${JSON.stringify(name)}; it takes ${listed(form.names) || 'none'}`;
    if (place < args.length) return `was given ${name} twice`;
  }
  const missing = form.names.slice(args.length, form.required).find((name) => !Object.hasOwn(named, name));
  return missing === undefined ? undefined : `needs its argument ${missing}`;
}
