/** What a foreach goes over. */
import { StageError } from '../../core/errors.ts';

const typeError = { details: { errorName: 'TypeError' } };

/** A list, or the JSON text of one. @throws STAGE_FAILED */
export function readItems(given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given;
  if (typeof given !== 'string')
    throw new StageError(`Does not support ${kindOf(given)} foreach: ${shown(given)}`, typeError);
  if (given.trim() === '') return [];
  const list = parsed(given);
  if (Array.isArray(list)) return list;
  throw new StageError(
    `Does not support string foreach: ${shown(given)} that can not convert to list.`,
    typeError,
  );
}

/**
 * What each item is kept under: itself, or its index. @throws STAGE_FAILED for items that cannot be told apart
 */
export function itemKeys(items: readonly unknown[], byIndex: boolean): readonly string[] {
  if (byIndex) return items.map((_item, index) => String(index));
  const keys = items.map((item, index) => {
    if (typeof item !== 'object' || item === null) return String(item);
    throw new StageError(`Foreach item ${index} is ${kindOf(item)}, which cannot be a key.`, {
      hint: 'set use-index-as-key: true',
      details: { errorName: 'TypeError' },
    });
  });
  if (new Set(keys).size === keys.length) return keys;
  throw new StageError(
    'Foreach item should not duplicate. If this stage must to pass duplicate item, it should set `use_index_as_key: true`.',
    { hint: 'set use-index-as-key: true', details: { errorName: 'ValueError' } },
  );
}

/** A value in a message: text in quotes, anything else bare. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'dict' : typeof value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
