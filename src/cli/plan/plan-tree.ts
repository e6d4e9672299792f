/** A plan as a tree for the terminal: jobs by depth with what they wait for, their stages below them. Pure. */
import {
  count,
  type JobOutline,
  MARKS,
  type Outline,
  outlineOf,
  type StageOutline,
} from '../../workflow/drawing/outline.ts';
import type { WorkflowPlan } from '../../workflow/model.ts';
import { compose, padEnd, type Span } from '../terminal/cells.ts';
import { clean } from '../terminal/safe-text.ts';
import { makeStyle, type Paint, type Style } from '../terminal/style.ts';

export interface PlanTreeOptions {
  /** Cells of a line; Infinity for as many as it takes. */
  readonly width: number;
  /** Default false. */
  readonly color?: boolean;
  /** Lines and signs that are not ASCII. Default true. */
  readonly unicode?: boolean;
}

interface Drawing {
  readonly style: Style;
  readonly lines: Lines;
  readonly width: number;
}

interface Lines {
  readonly item: string;
  readonly lastItem: string;
  readonly down: string;
  readonly blank: string;
}

const UNICODE: Lines = { item: '├─ ', lastItem: '└─ ', down: '│  ', blank: '   ' };
const ASCII: Lines = { item: '|- ', lastItem: '`- ', down: '|  ', blank: '   ' };

export function planTree(plan: WorkflowPlan, options: PlanTreeOptions): readonly string[] {
  const { width, color = false, unicode = true } = options;
  const drawing = { style: makeStyle({ color, unicode }), lines: unicode ? UNICODE : ASCII, width };
  const outline = outlineOf(plan);
  return [
    ...heading(outline, drawing),
    ...groupsOf(outline.jobs).flatMap((group) => groupLines(group, drawing)),
  ];
}

function heading(
  { name, description, jobs, stageCount }: Outline,
  { style, width }: Drawing,
): readonly string[] {
  const counts = `  ${count(jobs.length, 'job')}, ${count(stageCount, 'stage')}`;
  const { ellipsis } = style.signs;
  const about = clean(description).trim();
  return [
    compose(
      [
        [clean(name), style.bold],
        [counts, style.dim],
      ],
      width,
      ellipsis,
    ),
    ...(about === '' ? [] : [compose([[about, style.dim]], width, ellipsis)]),
  ];
}

/** Jobs of one depth together; finally jobs last. */
function groupsOf(jobs: readonly JobOutline[]): readonly (readonly JobOutline[])[] {
  const groups = new Map<string, JobOutline[]>();
  const sorted = jobs.toSorted((a, b) => Number(a.isFinally) - Number(b.isFinally) || a.depth - b.depth);
  for (const job of sorted) {
    const key = job.isFinally ? 'finally' : String(job.depth);
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return [...groups.values()];
}

function groupLines(jobs: readonly JobOutline[], drawing: Drawing): readonly string[] {
  return ['', ...jobs.flatMap((job) => jobLines(job, drawing))];
}

function jobLines(job: JobOutline, drawing: Drawing): readonly string[] {
  const { style, width } = drawing;
  const { id, needs, rule, isFinally, combinations, facts } = job;
  const said = [
    ...(isFinally ? ['finally'] : []),
    ...(needs.length === 0 ? [] : [`after ${needs.join(', ')}`]),
    ...(rule === 'all_success' ? [] : [rule]),
    ...facts,
  ];
  const times: Span[] = combinations === undefined ? [] : [[` x${combinations}`, style.warn]];
  const spans: readonly Span[] = [[clean(id), style.bold], ...times, ...factSpans(said, style)];
  return [compose(spans, width, style.signs.ellipsis), ...stageLines(job.stages, '', drawing)];
}

function stageLines(stages: readonly StageOutline[], before: string, drawing: Drawing): readonly string[] {
  const { style, lines, width } = drawing;
  return stages.flatMap((stage, at) => {
    const isLast = at === stages.length - 1;
    const branch = before + (isLast ? lines.lastItem : lines.item);
    const spans: readonly Span[] = [[branch, style.dim], ...stageSpans(stage, style)];
    const inside = stageLines(stage.inside, before + (isLast ? lines.blank : lines.down), drawing);
    return [compose(spans, width, style.signs.ellipsis), ...inside];
  });
}

const MARK_CELLS = 3;

function stageSpans({ kind, label, detail, facts }: StageOutline, style: Style): readonly Span[] {
  if (kind === 'branch') return [[clean(label), style.accent]];
  const said = [kind, ...(detail === '' || detail === label ? [] : [detail]), ...facts];
  return [[padEnd(MARKS[kind], MARK_CELLS), paintOf(kind, style)], [clean(label)], ...factSpans(said, style)];
}

function paintOf(kind: StageOutline['kind'], style: Style): Paint {
  switch (kind) {
    case 'raise':
      return style.bad;
    case 'parallel':
    case 'foreach':
    case 'until':
    case 'case':
      return style.warn;
    case 'empty':
      return style.dim;
    default:
      return style.accent;
  }
}

function factSpans(facts: readonly string[], style: Style): readonly Span[] {
  return facts.length === 0 ? [] : [[`  ${facts.map(clean).join(` ${style.signs.dot} `)}`, style.dim]];
}
