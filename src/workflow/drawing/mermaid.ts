/**
 * A plan as a Mermaid flowchart: a subgraph per job with its stages in order, an edge per need with the rule where it
 * is not the usual one. Ids are made here, never taken from the file; labels are quoted and escaped, so that no name
 * can become syntax. Pure; equal plans give equal text.
 */
import type { WorkflowPlan } from '../model.ts';
import { type JobOutline, outlineOf, type StageOutline } from './outline.ts';

/** Long labels make unreadable boxes. */
const LABEL_CHARS = 60;

/** Readable on light and dark pages. */
const CLASSES = [
  'classDef job fill:#eceff1,stroke:#78909c,color:#263238',
  'classDef finally fill:#eceff1,stroke:#78909c,color:#263238,stroke-dasharray:6 4',
];

export function planMermaid(plan: WorkflowPlan): string {
  const { name, jobs } = outlineOf(plan);
  const places = new Map(jobs.map(({ id }, index) => [id, index]));
  const lines = [
    ...jobs.flatMap(jobLines),
    ...jobs.flatMap((job, index) => needLines(job, index, places)),
    ...finallyLines(jobs),
    ...classLines(jobs),
    ...CLASSES,
  ];
  const heading = ['---', `title: ${JSON.stringify(plain(name))}`, '---']; // JSON text is YAML too.
  return `${[...heading, 'flowchart LR', ...lines.map((line) => `  ${line}`)].join('\n')}\n`;
}

function jobLines(job: JobOutline, index: number): readonly string[] {
  const { id, combinations, facts, stages } = job;
  const title = combinations === undefined ? id : `${id} x${combinations}`;
  const more = facts.filter((fact) => !fact.startsWith('matrix'));
  return [
    `subgraph j${index}["${[title, ...more].map(escaped).join('<br/>')}"]`,
    '  direction TB',
    ...stageLines(stages, `j${index}s`).map((line) => `  ${line}`),
    'end',
  ];
}

/** Stages of a list follow each other; branches of a stage stand side by side. */
function stageLines(stages: readonly StageOutline[], prefix: string): readonly string[] {
  const boxes = stages.flatMap((stage, i) => {
    const id = `${prefix}${i}`;
    const text = escaped(stage.kind === 'branch' ? stage.label : `${stage.kind}: ${stage.label}`);
    if (stage.inside.length === 0) return [`${id}["${text}"]`];
    return [
      `subgraph ${id}["${text}"]`,
      '  direction TB',
      ...stageLines(stage.inside, `${id}n`).map((line) => `  ${line}`),
      'end',
    ];
  });
  const arrows = stages.slice(1).flatMap(({ kind }, i) => {
    return kind === 'branch' ? [] : [`${prefix}${i} --> ${prefix}${i + 1}`];
  });
  return [...boxes, ...arrows];
}

function needLines(
  { needs, rule }: JobOutline,
  index: number,
  places: ReadonlyMap<string, number>,
): readonly string[] {
  const label = rule === 'all_success' ? '' : `|"${escaped(rule)}"|`;
  return [...new Set(needs)].flatMap((need) => {
    const from = places.get(need);
    return from === undefined ? [] : [`j${from} -->${label} j${index}`];
  });
}

/** Finally jobs come after everything: after the jobs that nothing else comes after. */
function finallyLines(jobs: readonly JobOutline[]): readonly string[] {
  const needed = new Set(jobs.flatMap(({ needs }) => needs));
  const last = jobs.flatMap(({ id, isFinally }, i) => (isFinally || needed.has(id) ? [] : [i]));
  return jobs.flatMap(({ isFinally, needs }, index) =>
    isFinally && needs.length === 0 ? last.map((from) => `j${from} -.-> j${index}`) : [],
  );
}

function classLines(jobs: readonly JobOutline[]): readonly string[] {
  return jobs.map(({ isFinally }, index) => `class j${index} ${isFinally ? 'finally' : 'job'}`);
}

/** One line without control characters, halves of characters and turns of direction. */
function plain(text: string): string {
  const line = text
    .slice(0, 4 * LABEL_CHARS)
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  const chars = [...line];
  const short = chars.length > LABEL_CHARS ? `${chars.slice(0, LABEL_CHARS - 1).join('')}…` : line;
  return short === '' ? ' ' : short;
}

/**
 * Mermaid writes special characters as `#code;`. What could be syntax of it, of HTML or of Markdown is written so,
 * which is all but letters, digits and a few signs; `_` only between letters, where it is no emphasis.
 */
function escaped(text: string): string {
  return plain(text).replace(
    /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|[^\p{L}\p{N}_ ,:/=?()]/gu,
    (char) => `#${char.codePointAt(0)};`,
  );
}
