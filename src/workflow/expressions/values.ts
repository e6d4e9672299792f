/** What values are called in messages, and how they stand in text. */

/** What a value is, in the words of people who write workflow files. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
    case 'bigint':
      return 'a number';
    case 'boolean':
      return 'a boolean';
    case 'function':
      return 'a function';
    default:
      return 'a map';
  }
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/**
 * A value as it stands in mixed text: text as it is, numbers as JavaScript writes them, `true` `false` `null`,
 * dates in ISO form, a function as its name, maps and lists as JSON without blanks.
 *
 * @throws TypeError for a value that refers to itself.
 */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'null' : value.toISOString();
  if (typeof value === 'function') return value.name;
  if (typeof value !== 'object' || value === null) return value === undefined ? 'null' : String(value);
  return JSON.stringify(value, plain) ?? 'null';
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'function' ? value.name : value;
}

/** Characters of a text, entries of a list, keys of a map; undefined for anything else. */
export function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  return isMap(value) ? Object.keys(value).length : undefined;
}
