/** How the run went: times, waiting in the queue, and how well the resources were used. Pure. */
import type { EndedSpan, RunRecord, Sample } from './run-record.ts';

/** Where a task ran. */
export type Where = 'thread' | 'process' | 'inline';

export interface StageSummary {
  readonly name: StageName;
  readonly tasks: number;
  /** From the first task's submission to the last one's end, relative to the beginning of the run. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ResourceSummary {
  readonly label: string;
  readonly capacity: number;
  readonly peak: number;
  /** Share of capacity and time that was in use, 0 to 1. */
  readonly utilisation: number;
}

export interface Summary {
  readonly elapsedMs: number;
  readonly tasks: number;
  /** Tasks by where they ran. */
  readonly where: Readonly<Record<Where, number>>;
  readonly stages: readonly StageSummary[];
  /** Time from a task's submission to its start. */
  readonly queueWait: { readonly p50Ms: number; readonly p99Ms: number };
  readonly resources: readonly ResourceSummary[];
}

export const STAGE_NAMES = ['find', 'measure', 'report'] as const;
export type StageName = (typeof STAGE_NAMES)[number];

export function summarise(record: RunRecord, where: ReadonlyMap<string, Where>): Summary {
  const spans = endedSpans(record);
  const ranOn = (place: Where): number => spans.filter((span) => where.get(span.id) === place).length;
  const waits = spans.map((span) => span.startedAt - span.queuedAt);
  return {
    elapsedMs: record.lastAt - record.startedAt,
    tasks: spans.length,
    where: { thread: ranOn('thread'), process: ranOn('process'), inline: ranOn('inline') },
    stages: STAGE_NAMES.flatMap((name, stage) =>
      summariseStage(
        name,
        spans.filter((span) => span.stage === stage),
        record.startedAt,
      ),
    ),
    queueWait: { p50Ms: percentile(waits, 0.5), p99Ms: percentile(waits, 0.99) },
    resources: [...record.capacities].map(([label, capacity]) => summariseResource(label, capacity, record)),
  };
}

export function endedSpans(record: RunRecord): readonly EndedSpan[] {
  return [...record.spans.values()].filter((span) => span.state === 'ended');
}

function summariseStage(
  name: StageName,
  spans: readonly EndedSpan[],
  origin: number,
): readonly StageSummary[] {
  if (spans.length === 0) return [];
  const fromMs = Math.min(...spans.map((span) => span.queuedAt)) - origin;
  const toMs = Math.max(...spans.map((span) => span.endedAt)) - origin;
  return [{ name, tasks: spans.length, fromMs, toMs }];
}

function summariseResource(label: string, capacity: number, record: RunRecord): ResourceSummary {
  const samples = record.samples.get(label) ?? [];
  const available = capacity * (record.lastAt - record.startedAt);
  return {
    label,
    capacity,
    peak: Math.max(0, ...samples.map((sample) => sample.inUse)),
    utilisation: available === 0 ? 0 : areaUnder(samples, record.lastAt) / available,
  };
}

/** Amount times milliseconds: each sample holds until the next one. */
function areaUnder(samples: readonly Sample[], endAt: number): number {
  return samples.reduce((area, { at, inUse }, index) => {
    const until = samples[index + 1]?.at ?? endAt;
    return area + inUse * (until - at);
  }, 0);
}

/** The smallest value that at least this share of all values does not exceed (nearest rank); 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
