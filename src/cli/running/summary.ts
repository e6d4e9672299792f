/** What is left to say when a run is over: how it ended, what failed and why, and what can be done now. */
import { systemClock } from '../../core/clock.ts';
import { outputOf } from '../ledger/task-output.ts';
import type { Output } from '../output.ts';
import { elapsed, errorLine, labelOf, signOf } from '../progress/describe.ts';
import { pathOf } from '../progress/event-lines.ts';
import { topLines } from '../progress/frame.ts';
import type { Node } from '../progress/node.ts';
import type { RunTree } from '../progress/run-tree.ts';
import { failuresOf } from '../progress/selection.ts';
import type { Mode } from '../progress/watch.ts';
import { clean } from '../terminal/safe-text.ts';
import type { Style } from '../terminal/style.ts';
import type { Verdict } from './verdict.ts';

export interface SummaryOptions {
  readonly output: Output;
  readonly mode: Mode;
  readonly verdict: Verdict;
  readonly runId: string;
  readonly storeOption: string | undefined;
  /** What the run itself failed with. */
  readonly error: unknown;
}

const FAILURES_SHOWN = 10;
const MESSAGE_LINES = 12;
const LAST_WORDS = 8;
/** Cells of a line where nobody says how many there are. */
const DEFAULT_WIDTH = 100;

export function summary(tree: RunTree, options: SummaryOptions): readonly string[] {
  const { output, mode, verdict } = options;
  const { style } = output;
  const { root } = tree;
  const failures = failuresOf(root, FAILURES_SHOWN + 1);
  const [sign, paint = plain] = signOf(verdict, style, 0);
  const width = Number.isFinite(output.width) ? output.width : DEFAULT_WIDTH;
  const jobs = mode === 'live' ? [] : topLines(root, { width, height: 0, now: systemClock.now(), style });
  return [
    '',
    `${paint(sign)} ${style.bold(labelOf(root, style))} ${paint(verdict)} ${style.dim(`in ${elapsed(root, systemClock.now()) || '0ms'} ${style.signs.dot} ${countsOf(root)}`)}`,
    ...(jobs.length === 0 ? [] : ['', ...jobs.map((line) => `  ${line}`)]),
    ...failures.slice(0, FAILURES_SHOWN).flatMap((node) => ['', ...failureText(node, style)]),
    ...(failures.length > FAILURES_SHOWN
      ? ['', style.dim(`  and more: signalbox show ${options.runId}`)]
      : []),
    ...(failures.length === 0 && verdict === 'failed' ? ['', ...messageOf(options.error, style)] : []),
    '',
    ...whatNow(options, style),
  ];
}

const plain = (text: string): string => text;

function countsOf({ tally, leaves }: Node): string {
  const parts = [`${tally.succeeded} of ${leaves} tasks succeeded`];
  for (const state of ['failed', 'cancelled', 'blocked', 'skipped'] as const)
    if (tally[state] > 0) parts.push(`${tally[state]} ${state}`);
  return parts.join(', ');
}

/** A task that failed: where it is, what it says, and the last of what it printed. */
export function failureText(node: Node, style: Style): readonly string[] {
  const again = node.attempt > 1 ? style.dim(`  after ${node.attempt} attempts`) : '';
  const message = messageOf(node.error, style);
  const said = lastWords(node).filter((line) => !isIn(node.error, line));
  return [
    `${style.bad(style.signs.failed)} ${style.bold(pathOf(node, style))}${again}`,
    ...message,
    ...said.map((line) => style.dim(`    | ${line}`)),
  ];
}

/** What it printed last: as it was heard, else as its error keeps it. */
function lastWords({ tail, error }: Node): readonly string[] {
  if (tail.length > 0) return tail.map((line) => clean(line).trimEnd());
  const { details } = (error ?? {}) as { readonly details?: unknown };
  return outputOf(details)
    .slice(-LAST_WORDS)
    .map(([, line]) => line);
}

/** The message says it already: as a line of its own, or after `Subprocess: ` and the like. */
function isIn(error: unknown, line: string): boolean {
  if (!(error instanceof Error)) return false;
  const lines = error.message.split('\n').map((one) => one.trim());
  return lines.some((one) => one === line.trim() || one.endsWith(`: ${line.trim()}`));
}

export function messageOf(error: unknown, style: Style): readonly string[] {
  const text = error instanceof Error && error.message !== '' ? error.message : errorLine(error);
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n').map(clean);
  const shown = lines.slice(0, MESSAGE_LINES).map((line) => `    ${style.bad(line)}`);
  const hint = (error as { readonly hint?: unknown } | undefined)?.hint;
  return [
    ...shown,
    ...(lines.length > MESSAGE_LINES
      ? [style.dim(`    and ${lines.length - MESSAGE_LINES} lines more`)]
      : []),
    ...(typeof hint === 'string' ? [style.dim(`    hint: ${clean(hint)}`)] : []),
  ];
}

function whatNow({ verdict, runId, storeOption }: SummaryOptions, style: Style): readonly string[] {
  const store = storeOption === undefined ? '' : ` --store ${storeOption}`;
  const show = `  ${style.dim('look at it')}   signalbox show ${runId}${store}`;
  if (verdict === 'succeeded' || verdict === 'skipped') return [show];
  return [show, `  ${style.dim('go on')}        signalbox resume ${runId}${store}`];
}
