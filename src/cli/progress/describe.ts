/** A line of the tree in words: its sign, how long it took or takes, and what is worth saying beside it. */

import type { Span } from '../terminal/cells.ts';
import { clean, firstLine } from '../terminal/safe-text.ts';
import type { Paint, Style } from '../terminal/style.ts';
import { duration } from '../terminal/times.ts';
import { isOver, type Node, type Shown } from './node.ts';
import type { Line } from './selection.ts';

/** Milliseconds between two pictures of the spinner. */
export const SPINNER_MS = 85;

export function signOf(state: Shown, style: Style, now: number): Span {
  const { signs } = style;
  switch (state) {
    case 'succeeded':
      return [signs.succeeded, style.good];
    case 'failed':
      return [signs.failed, style.bad];
    case 'cancelled':
      return [signs.cancelled, style.warn];
    case 'blocked':
      return [signs.blocked, style.dim];
    case 'skipped':
      return [signs.skipped, style.dim];
    case 'queued':
    case 'ready':
      return [signs.waiting, style.dim];
    case 'running':
      return [
        signs.spinner[Math.floor(now / SPINNER_MS) % signs.spinner.length] ?? signs.running,
        style.accent,
      ];
    default:
      return state satisfies never;
  }
}

/** The colour of a line's name: what is not under way or wrong stays in the background. */
export function nameColour(state: Shown, style: Style): Paint | undefined {
  if (state === 'running') return style.bold;
  if (state === 'failed') return style.bad;
  return state === 'succeeded' ? undefined : style.dim;
}

export function elapsed({ startedAt, endedAt, begun, state }: Node, now: number): string {
  if (startedAt === undefined || (!begun && !isOver(state) && endedAt !== undefined)) return '';
  return duration((endedAt ?? now) - startedAt);
}

export function labelOf({ kind, label, parent }: Node, style: Style): string {
  const shown = clean(label) || '(no name)';
  if (kind === 'run' && parent !== undefined) return `${style.signs.child} ${shown}`;
  return kind === 'stage' && /^\d+$/.test(shown) ? `stage ${shown}` : shown;
}

/** What stands at the end of the line. */
export function detailOf({ node, hidden }: Line, style: Style): readonly Span[] {
  const parts = node.isLeaf ? aboutLeaf(node, style) : aboutGroup(node, hidden, style);
  return parts.flatMap((part, at): Span[] =>
    at === 0 ? [part] : [[` ${style.signs.dot} `, style.dim], part],
  );
}

function aboutLeaf(node: Node, style: Style): readonly Span[] {
  const again: readonly Span[] = node.attempt > 1 ? [[`attempt ${node.attempt}`, style.warn]] : [];
  switch (node.state) {
    case 'running':
      return [...again, ...aboutRunning(node, style)];
    case 'failed':
      return [...again, [errorLine(node.error), style.bad]];
    case 'queued':
      return waitingFor(node, style);
    case 'cancelled':
    case 'blocked':
    case 'skipped':
      return [[node.state, style.dim]];
    case 'ready':
    case 'succeeded':
      return again;
    default:
      return node.state satisfies never;
  }
}

function aboutRunning({ phase, percent, message, tail }: Node, style: Style): readonly Span[] {
  const spans: Span[] = [];
  if (phase === 'terminating') spans.push(['stopping', style.warn]);
  if (percent !== undefined) spans.push([`${Math.floor(percent)}%`, style.accent]);
  const said = clean(message ?? tail.at(-1) ?? '').trim();
  if (said !== '') spans.push([said, style.dim]);
  return spans;
}

function waitingFor({ phase, attempt, reason }: Node, style: Style): readonly Span[] {
  if (phase === 'backoff') return [[`attempt ${attempt} failed, waits for the next`, style.warn]];
  if (phase === 'held') return [[reason === undefined ? 'held' : `held: ${clean(reason)}`, style.warn]];
  return [];
}

function aboutGroup(node: Node, hidden: number, style: Style): readonly Span[] {
  const { running, failed, cancelled, blocked } = node.tally;
  const spans: Span[] = [[`${node.done}/${node.leaves}`, style.dim]];
  if (hidden > 0 && running > 0) spans.push([`${running} running`, style.accent]);
  if (hidden > 0 && failed > 0) spans.push([`${failed} failed`, style.bad]);
  if (hidden > 0 && cancelled + blocked > 0) spans.push([`${cancelled + blocked} stopped`, style.dim]);
  if (isOver(node.state) && node.state !== 'succeeded' && node.state !== 'failed')
    spans.push([node.state, style.dim]);
  if (node.state === 'failed' && failed === 0) spans.push([errorLine(node.error), style.bad]);
  return spans;
}

/** One line of what went wrong. */
export function errorLine(error: unknown): string {
  if (error === undefined) return 'failed';
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  const text = error instanceof Error || typeof message === 'string' ? firstLine(String(message)) : '';
  if (text !== '') return text;
  return typeof name === 'string' && name !== '' ? clean(name) : firstLine(String(error)) || 'failed';
}
