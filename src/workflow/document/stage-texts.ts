/** Which texts of a stage are templates, code or conditions, and what they may name. */
import type { Path, StageKind } from '../model.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';

interface Texts {
  readonly templates: readonly string[];
  /** `${VAR}` in it belongs to the language of the code. */
  readonly code?: string;
}

const TEXTS: Readonly<Record<StageKind, Texts>> = {
  empty: { templates: ['echo', 'sleep'] },
  bash: { templates: ['env'], code: 'bash' },
  py: { templates: ['vars'] },
  'virtual-py': { templates: ['vars', 'deps', 'version'] },
  js: { templates: ['vars'], code: 'js' },
  call: { templates: ['uses', 'with'] },
  trigger: { templates: ['trigger', 'params'] },
  docker: { templates: ['image', 'tag', 'env', 'volume', 'auth'] },
  raise: { templates: ['raise'] },
  parallel: { templates: ['max-workers'] },
  foreach: { templates: ['foreach', 'concurrent'] },
  until: { templates: ['item'] },
  case: { templates: ['case'] },
};

const WITH_RETRY: readonly StageKind[] = ['bash', 'py', 'virtual-py', 'js', 'call', 'trigger', 'docker'];
const PYTHON = ['run', 'py'];

export function checkStageTexts(
  kind: StageKind,
  raw: RawMap,
  path: Path,
  roots: readonly string[],
  reading: Reading,
): void {
  const { templates, code } = TEXTS[kind];
  const inside = WITH_RETRY.includes(kind) ? [...roots, 'retry'] : roots;
  reading.condition(raw['if'], [...path, 'if'], roots);
  for (const key of templates) reading.templates(raw[key], [...path, key], inside);
  const codeKeys = kind === 'py' || kind === 'virtual-py' ? PYTHON : code === undefined ? [] : [code];
  for (const key of codeKeys) reading.templates(raw[key], [...path, key], inside, false);
  reading.literal(
    raw['extras'],
    [...path, 'extras'],
    'registered functions take rendered values through with:',
  );
  if (kind === 'until') reading.condition(raw['until'], [...path, 'until'], [...roots, 'item', 'loop']);
  if (kind === 'case') checkMatches(raw['match'], [...path, 'match'], roots, reading);
}

function checkMatches(raw: unknown, path: Path, roots: readonly string[], reading: Reading): void {
  if (!Array.isArray(raw)) return;
  raw.forEach((match: unknown, i) => {
    if (isRawMap(match)) reading.templates(match['case'], [...path, i, 'case'], roots);
  });
}
