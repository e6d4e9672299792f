/** What `--json` prints: one object per line, whatever an event carries. Never throws. */

/** Levels of objects in an event that are printed. */
const MAX_DEPTH = 12;

export function jsonLine(value: unknown): string {
  return JSON.stringify(plain(value, [])) ?? 'null';
}

/** The value as JSON has it: an error with its name, message and own fields, and without its stack. */
function plain(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length >= MAX_DEPTH) return '[deeper]';
  const inside = [...above, value];
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof Map) return [...value].map((pair) => plain(pair, inside));
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => plain(item, inside));
  const named = value instanceof Error ? { name: value.name, message: value.message } : {};
  const cause =
    value instanceof Error && value.cause !== undefined ? { cause: plain(value.cause, inside) } : {};
  return { ...named, ...ownOf(value, inside), ...cause };
}

function ownOf(value: object, inside: readonly object[]): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, one]) => one !== undefined && key !== 'stack')
        .map(([key, one]) => [key, plain(one, inside)]),
    );
  } catch {
    return {}; // A getter of somebody's error threw.
  }
}
