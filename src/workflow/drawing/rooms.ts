/** The box of a job in the picture: which lines it has, and how large it is. Pixels throughout. */
import { countOf, type JobOutline, type StageOutline } from './outline.ts';
import { clean, widthOf } from './picture-text.ts';

export const HEADER_SIZE = 13;
export const TEXT_SIZE = 12;
export const FACT_SIZE = 11;
export const HEADER_HEIGHT = 30;
export const FACT_HEIGHT = 16;
export const ROW_HEIGHT = 20;
export const PADDING = 12;
export const INDENT = 14;
/** Between a row's name and the kind at its right end. */
export const GAP = 12;
const BOTTOM = 8;
const MIN_WIDTH = 190;
const MAX_WIDTH = 330;
const FACTS = 4;
/** Rows of one box: fewer where there are many boxes. */
const ROWS = 30;
const ROWS_OF_MANY = 8;
const MANY_JOBS = 40;

export interface Row {
  readonly indent: number;
  /** Undefined for the row that stands for those left out. */
  readonly stage: StageOutline | undefined;
  readonly text: string;
}

export interface Room {
  readonly job: JobOutline;
  readonly facts: readonly string[];
  readonly rows: readonly Row[];
  readonly width: number;
  readonly height: number;
}

export function roomsOf(jobs: readonly JobOutline[]): readonly Room[] {
  const most = jobs.length > MANY_JOBS ? ROWS_OF_MANY : ROWS;
  return jobs.map((job) => roomOf(job, most));
}

function roomOf(job: JobOutline, most: number): Room {
  const all = rowsOf(job.stages, 0);
  const rows = all.length <= most ? all : [...all.slice(0, most - 1), rest(job, all.slice(0, most - 1))];
  const facts = job.facts.slice(0, FACTS).map(clean);
  const height = HEADER_HEIGHT + facts.length * FACT_HEIGHT + rows.length * ROW_HEIGHT + BOTTOM;
  return { job, facts, rows, width: roomWidth(job, facts, rows), height };
}

/** In the order of the file, what is nested indented. */
function rowsOf(stages: readonly StageOutline[], indent: number): readonly Row[] {
  return stages.flatMap((stage) => [
    { indent, stage, text: clean(stage.label) },
    ...rowsOf(stage.inside, indent + 1),
  ]);
}

function rest({ stages }: JobOutline, shown: readonly Row[]): Row {
  const drawn = shown.filter(({ stage }) => stage?.kind !== 'branch').length;
  return { indent: 0, stage: undefined, text: `and ${countOf(stages) - drawn} more` };
}

function roomWidth(job: JobOutline, facts: readonly string[], rows: readonly Row[]): number {
  const badge = badgeOf(job);
  const inner = Math.max(
    widthOf(clean(job.id), HEADER_SIZE) + (badge === '' ? 0 : GAP + widthOf(badge, HEADER_SIZE)),
    ...facts.map((fact) => widthOf(fact, FACT_SIZE)),
    ...rows.map(rowWidth),
  );
  return Math.ceil(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, inner + 2 * PADDING)));
}

function rowWidth({ indent, text, stage }: Row): number {
  const facts = stage === undefined || stage.facts.length === 0 ? '' : `  ${stage.facts.join(', ')}`;
  const kind = kindOf(stage);
  const right = kind === '' ? 0 : GAP + widthOf(kind, FACT_SIZE);
  return indent * INDENT + widthOf(text, TEXT_SIZE) + widthOf(facts, FACT_SIZE) + right;
}

export function kindOf(stage: StageOutline | undefined): string {
  return stage === undefined || stage.kind === 'branch' ? '' : stage.kind;
}

/** How often its stages run. */
export const badgeOf = ({ combinations }: JobOutline): string =>
  combinations === undefined ? '' : `x${combinations}`;
