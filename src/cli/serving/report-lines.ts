/** What a server tells, as lines for people and as data for programs. */
import { systemClock } from '../../core/clock.ts';
import type { ServeReport } from '../../workflow/serve/index.ts';
import { complaint } from '../output.ts';
import { nameColour, signOf } from '../progress/describe.ts';
import { messageOf } from '../running/summary.ts';
import { verdictOf } from '../running/verdict.ts';
import { clean, firstLine } from '../terminal/safe-text.ts';
import type { Paint, Style } from '../terminal/style.ts';
import { clockTime, duration } from '../terminal/times.ts';
import { minute } from './schedule-table.ts';

const plain: Paint = (text) => text;

export class ReportLines {
  readonly #style: Style;
  /** When releases began, by run id. */
  readonly #began = new Map<string, number>();

  constructor(style: Style) {
    this.#style = style;
  }

  of(report: ServeReport): readonly string[] {
    const style = this.#style;
    const { signs } = style;
    switch (report.type) {
      case 'workflow:read': {
        const next = report.nextAt === undefined ? 'no schedule' : `next ${minute(report.nextAt)}`;
        return [this.#line(signs.dot, plain, clean(report.file), next)];
      }
      case 'workflow:gone':
        return [
          this.#line(signs.skipped, style.warn, clean(report.file), 'is gone, and not served any more'),
        ];
      case 'workflow:refused': {
        const [first = '', ...more] = complaint(report.error)
          .replace(/^signalbox: /, '')
          .split('\n');
        return [
          this.#line(signs.failed, style.bad, clean(report.file), `is not served: ${first}`),
          ...more.map((line) => `    ${line}`),
        ];
      }
      case 'release:submitted':
        this.#began.set(report.runId, systemClock.now());
        return [
          this.#line(
            signs.running,
            style.accent,
            clean(report.runId),
            report.follows === undefined ? 'released' : `waits for ${clean(report.follows)}`,
          ),
        ];
      case 'release:resumed':
        this.#began.set(report.runId, systemClock.now());
        return [this.#line(signs.running, style.accent, clean(report.runId), 'goes on')];
      case 'release:missed':
        return [this.#line(signs.skipped, style.warn, clean(report.runId), missedText(report))];
      case 'release:failed':
        return [this.#line(signs.failed, style.bad, clean(report.runId), firstLine(report.error.message))];
      case 'release:ended':
        return this.#ended(report);
      default:
        return report satisfies never;
    }
  }

  #ended({ runId, outcome }: ServeReport & { readonly type: 'release:ended' }): readonly string[] {
    const style = this.#style;
    const verdict = verdictOf(outcome);
    const [sign, paint = plain] = signOf(verdict, style, 0);
    const colour = nameColour(verdict, style) ?? plain;
    const began = this.#began.get(runId);
    this.#began.delete(runId);
    const took = began === undefined ? '' : ` in ${duration(systemClock.now() - began)}`;
    const why = verdict === 'failed' ? messageOf(outcome.error ?? errorsIn(outcome.value), style) : [];
    return [this.#line(sign, paint, clean(runId), `${colour(verdict)}${took}`), ...why];
  }

  #line(sign: string, paint: Paint, subject: string, what: string): string {
    return `${this.#style.dim(clockTime(systemClock.now()))} ${paint(sign)} ${subject} ${what}`;
  }
}

/** What a workflow that ended says of its failures. */
const errorsIn = (value: unknown): unknown => (value as { readonly errors?: unknown } | undefined)?.errors;

function missedText({ reason, hasEarlier }: ServeReport & { readonly type: 'release:missed' }): string {
  const why = reason === 'missed' ? 'nobody was there to run it' : 'the one before it was still running';
  return `missed: ${why}${hasEarlier ? '; more before it are not counted' : ''}`;
}

/** Times as text; no handles, and no results, which may be large and are in the store. */
export function reportFacts(report: ServeReport): Readonly<Record<string, unknown>> {
  const facts: Record<string, unknown> = { ...report, at: new Date(systemClock.now()).toISOString() };
  delete facts['handle'];
  for (const key of ['dueAt', 'nextAt'])
    if (typeof facts[key] === 'number') facts[key] = new Date(facts[key]).toISOString();
  if (report.type !== 'release:ended') return facts;
  const { kind, reason, error } = report.outcome;
  return { ...facts, outcome: { kind, reason, error }, verdict: verdictOf(report.outcome) };
}
