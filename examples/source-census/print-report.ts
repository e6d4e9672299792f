/** The report and the summary as text, for a terminal or a pipe. Pure: returns lines. */
import { type Duplicates, type Report, spareBytes } from './report.ts';
import type { StageSummary, Summary } from './summary.ts';
import { bar, type Column, keepEnd, type Style, table } from './terminal.ts';
import { count, duration, number, percent, size } from './words.ts';

const KINDS_SHOWN = 10;
const DUPLICATES_SHOWN = 5;
const PROBLEMS_SHOWN = 10;
const BAR_CELLS = 16;

const left = (title: string): Column => ({ title, align: 'left' });
const right = (title: string): Column => ({ title, align: 'right' });

export function reportLines(report: Report, width: number, style: Style): readonly string[] {
  return [
    ...section(style.bold(headline(report)), kindsTable(report, style)),
    ...section(style.bold('Largest files'), largestTable(report, width, style)),
    ...section(style.bold(duplicatesTitle(report)), duplicatesTable(report, width, style)),
    ...problemLines(report, style),
  ];
}

export function headline({ totals, binaryFiles }: Report): string {
  const { files, lines, bytes, gzipBytes } = totals;
  const binary = binaryFiles === 0 ? '' : ` (${number(binaryFiles)} binary)`;
  return `${count(files, 'file')}${binary}, ${count(lines, 'line')}, ${size(bytes)} (${size(gzipBytes)} gzipped)`;
}

export function problemLines({ problems, notes }: Report, style: Style): readonly string[] {
  const shown = problems.slice(0, PROBLEMS_SHOWN).map(({ path, why }) => `  ${keepEnd(path, 60)}: ${why}`);
  const more = problems.length - shown.length;
  const rest = more > 0 ? [`  and ${number(more)} more, all in the report`] : [];
  const title =
    problems.length === 0 ? [] : ['', style.bad(`${count(problems.length, 'file')} could not be measured`)];
  return [...title, ...shown, ...rest, ...notes.map((note) => style.dim(`note: ${note}`))];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ['', title, ...lines.map((line) => `  ${line}`)];
}

function kindsTable({ kinds }: Report, style: Style): readonly string[] {
  const most = Math.max(1, ...kinds.map((kind) => kind.lines));
  const rows = kinds
    .slice(0, KINDS_SHOWN)
    .map(({ extension, files, lines, bytes, gzipBytes }) => [
      keepEnd(extension, 14),
      number(files),
      number(lines),
      size(bytes),
      size(gzipBytes),
      style.accent(bar(lines / most, BAR_CELLS)),
    ]);
  const columns = [left('kind'), right('files'), right('lines'), right('size'), right('gzipped'), left('')];
  const hidden = kinds.length - rows.length;
  return [
    ...table(columns, rows, style),
    ...(hidden > 0 ? [style.dim(`and ${count(hidden, 'other kind')}`)] : []),
  ];
}

function largestTable({ largest }: Report, width: number, style: Style): readonly string[] {
  const rows = largest.map(({ path, binary, lines, bytes, gzipBytes }) => [
    size(bytes),
    size(gzipBytes),
    binary ? 'binary' : number(lines),
    keepEnd(path, width - 34),
  ]);
  return table([right('size'), right('gzipped'), right('lines'), left('file')], rows, style);
}

function duplicatesTitle({ duplicates }: Report): string {
  if (duplicates.length === 0) return 'No two files have the same content';
  const spare = duplicates.reduce((sum, group) => sum + spareBytes(group), 0);
  return `${count(duplicates.length, 'duplicate content')}, ${size(spare)} to spare`;
}

function duplicatesTable({ duplicates }: Report, width: number, style: Style): readonly string[] {
  if (duplicates.length === 0) return [];
  const rows = duplicates
    .slice(0, DUPLICATES_SHOWN)
    .map((group) => [`${group.paths.length} ×`, size(group.bytes), pathsOf(group, width - 24)]);
  const hidden = duplicates.length - rows.length;
  const more = hidden > 0 ? [style.dim(`and ${number(hidden)} more in the report`)] : [];
  return [...table([right('copies'), right('of'), left('files')], rows, style), ...more];
}

/** Two of the paths, and how many more. */
function pathsOf({ paths }: Duplicates, cells: number): string {
  const hidden = paths.length - 2;
  const room = Math.floor((cells - 10) / 2);
  const shown = paths.slice(0, 2).map((path) => keepEnd(path, room));
  return `${shown.join('  ')}${hidden > 0 ? `  +${number(hidden)}` : ''}`;
}

export function summaryLines(summary: Summary, style: Style): readonly string[] {
  const { elapsedMs, tasks, stages, queueWait, resources } = summary;
  const total = Math.max(1, elapsedMs);
  return section(style.bold(`How it ran: ${count(tasks, 'task')} in ${duration(elapsedMs)}`), [
    ...table(
      [left('stage'), right('tasks'), right('time'), left('')],
      stages.map((stage) => stageRow(stage, total, style)),
      style,
    ),
    '',
    ...table(
      [left('resource'), right('capacity'), right('peak'), right('used'), left('')],
      resources.map((use) => [
        use.label === 'mem' ? 'mem (MB)' : use.label,
        number(use.capacity),
        amount(use.peak),
        percent(use.utilisation),
        style.good(bar(use.utilisation, BAR_CELLS)),
      ]),
      style,
    ),
    '',
    `ran on      ${tasksByPlace(summary.where)}`,
    `queue wait  half of the tasks up to ${duration(queueWait.p50Ms)}, 99 % up to ${duration(queueWait.p99Ms)}`,
  ]);
}

/** Where in the run a stage was, to scale. */
function stageRow(
  { name, tasks, fromMs, toMs }: StageSummary,
  total: number,
  style: Style,
): readonly string[] {
  const cell = (ms: number): number => Math.round((ms / total) * BAR_CELLS);
  const from = Math.min(cell(fromMs), BAR_CELLS - 1);
  const length = Math.max(1, cell(toMs) - from);
  const strip = '·'.repeat(from) + '█'.repeat(length) + '·'.repeat(Math.max(0, BAR_CELLS - from - length));
  return [name, number(tasks), duration(toMs - fromMs), style.accent(strip)];
}

function tasksByPlace({ thread, process, inline }: Summary['where']): string {
  const processes = count(process, 'child process', 'child processes');
  return `threads ${number(thread)}, ${processes}, in line ${number(inline)}`;
}

function amount(value: number): string {
  return String(Math.round(100 * value) / 100);
}
