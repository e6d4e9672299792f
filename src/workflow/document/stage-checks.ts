/** What shapes cannot say of a stage: keys that depend on each other, and values that are refused when it runs. */
import { isAbsolute, posix, win32 } from 'node:path';
import { SignalboxError } from '../../core/errors.ts';
import { readImage } from '../../core/image-reference.ts';
import { hasTemplate } from '../expressions/index.ts';
import type { Path, StageKind } from '../model.ts';
import { shown } from './issues.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';

type Check = (raw: RawMap, path: Path, reading: Reading) => void;

const CHECKS: Partial<Record<StageKind, Check>> = {
  py: checkPython,
  'virtual-py': checkPython,
  call: checkArguments,
  docker: checkContainer,
  foreach: checkItems,
  case: checkMatches,
};

export function checkStage(kind: StageKind, raw: RawMap, path: Path, reading: Reading): void {
  CHECKS[kind]?.(raw, path, reading);
}

function checkPython(raw: RawMap, path: Path, { problems }: Reading): void {
  const given = ['run', 'py'].filter((key) => Object.hasOwn(raw, key));
  if (given.length === 0)
    problems.add(path, 'a virtual-py stage needs "run"', { hint: 'allowed: Python code' });
}

/** They are given to the function by other ways. */
function checkArguments(raw: RawMap, path: Path, { problems }: Reading): void {
  const given = raw['with'];
  if (!isRawMap(given)) return;
  for (const key of ['result', 'extras'])
    if (Object.hasOwn(given, key))
      problems.add([...path, 'with', key], `with cannot have the key "${key}"`, {
        part: 'key',
        hint: key === 'extras' ? 'extras: of the stage is handed over by itself' : 'choose another name',
      });
}

function checkContainer(raw: RawMap, path: Path, { problems }: Reading): void {
  checkImage(raw, path, problems);
  const { volume } = raw;
  if (!isRawMap(volume)) return;
  for (const [source, target] of Object.entries(volume)) {
    const at = [...path, 'volume', source];
    if (leadsOut(source))
      problems.add(at, `the volume ${shown(source)} leads out of the working folder`, {
        part: 'key',
        hint: 'name a folder below it, relative and without ".."',
      });
    if (typeof target === 'string' && !hasTemplate(target) && !target.startsWith('/'))
      problems.add(at, `volume.${source} is ${shown(target)}; allowed: an absolute path in the container`);
  }
}

function checkImage(raw: RawMap, path: Path, problems: Reading['problems']): void {
  const { image, tag } = raw;
  if (typeof image !== 'string' || hasTemplate(image) || image.trim() === '') return;
  const fixed = typeof tag === 'string' && !hasTemplate(tag) && tag.trim() !== '' ? tag : undefined;
  for (const [key, read] of [
    ['image', () => readImage(image)],
    ['tag', () => readImage(image, fixed)],
  ] as const) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof SignalboxError)) throw error;
      problems.add([...path, key], error.message, { hint: error.hint });
      return;
    }
  }
}

function leadsOut(source: string): boolean {
  const isOutside =
    isAbsolute(source) ||
    posix.isAbsolute(source) ||
    win32.isAbsolute(source) ||
    /^[A-Za-z]:|^~/.test(source);
  return isOutside || source.trim() === '' || source.split(/[/\\]/).includes('..');
}

function checkItems(raw: RawMap, path: Path, { problems }: Reading): void {
  const keys = ['use-index-as-key', 'use_index_as_key'].filter((key) => Object.hasOwn(raw, key));
  if (keys.length === 2)
    problems.add([...path, 'use_index_as_key'], 'use-index-as-key stands twice, in two spellings', {
      part: 'key',
      hint: 'keep one of them',
    });
  const { foreach } = raw;
  const at = [...path, 'foreach'];
  if (typeof foreach === 'string' && !hasTemplate(foreach) && !isListText(foreach))
    problems.add(at, `foreach is ${shown(foreach)}; allowed: a list, or a template that gives one`, {
      hint: 'write [a, b], or "- " before each item',
    });
  const byIndex = keys.some((key) => raw[key] === true);
  if (Array.isArray(foreach) && !byIndex) checkItemKeys(foreach, at, problems);
}

function isListText(text: string): boolean {
  if (text.trim() === '' || /\$\{/.test(text)) return true;
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Results are kept under the item, unless the index is asked for. */
function checkItemKeys(items: readonly unknown[], path: Path, problems: Reading['problems']): void {
  const seen = new Set<string>();
  items.forEach((item, i) => {
    if (typeof item === 'string' && item.includes('$')) return;
    const isPlain = typeof item !== 'object' || item === null;
    const message = isPlain
      ? `the item ${shown(item)} stands twice`
      : `the item is ${shown(item)}, which results cannot be kept under`;
    const key = String(item);
    if (!isPlain || seen.has(key))
      problems.add([...path, i], message, { hint: 'set use-index-as-key: true' });
    seen.add(key);
  });
}

function checkMatches(raw: RawMap, path: Path, reading: Reading): void {
  const { match } = raw;
  if (!Array.isArray(match)) {
    if (!Object.hasOwn(raw, 'case'))
      reading.problems.add(path, 'a case stage needs "case"', { hint: 'allowed: the value to compare' });
    return;
  }
  const seen = new Set<unknown>();
  let elses = 0;
  match.forEach((one: unknown, i) => {
    if (!isRawMap(one)) return;
    const at = [...path, 'match', i];
    const isElse = Object.hasOwn(one, 'else') || one['case'] === '_';
    if (isElse) elses += 1;
    if (isElse && elses > 1)
      reading.problems.add(at, 'a second else; a case stage has one at most', {
        hint: 'case: "_" means else as well',
      });
    checkMatch(one, at, seen, reading);
  });
}

function checkMatch(one: RawMap, at: Path, seen: Set<unknown>, { problems }: Reading): void {
  const hasElse = Object.hasOwn(one, 'else');
  for (const key of ['case', 'stages'])
    if (hasElse && Object.hasOwn(one, key))
      problems.add([...at, key], `"${key}" cannot stand beside "else"`, {
        part: 'key',
        hint: 'else holds its stages itself',
      });
  if (hasElse) return;
  if (!Object.hasOwn(one, 'case'))
    problems.add(at, 'a match needs "case" or "else"', { hint: 'write { case: value, stages: [...] }' });
  else if (!Object.hasOwn(one, 'stages'))
    problems.add(at, 'a match needs "stages"', { hint: 'write stages: [] for none' });
  const value = one['case'];
  if (value === undefined || value === '_' || (typeof value === 'string' && value.includes('$'))) return;
  if (seen.has(value))
    problems.add([...at, 'case'], `the case ${shown(value)} stands twice; the second is never reached`, {
      hint: 'keep one of them',
    });
  seen.add(value);
}
