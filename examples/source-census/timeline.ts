/** Tasks that ran at the same time, put into rows so that no two overlap. Pure. */
import type { EndedSpan } from './run-record.ts';

export type LaneSpan = EndedSpan & { readonly lane: number };

/** Each task takes the first row that is free when it starts: as many rows as tasks ran at once. */
export function assignLanes(spans: readonly EndedSpan[]): readonly LaneSpan[] {
  const freeAt: number[] = [];
  return spans
    .toSorted((a, b) => a.startedAt - b.startedAt || a.endedAt - b.endedAt)
    .map((span) => {
      const free = freeAt.findIndex((at) => at <= span.startedAt);
      const lane = free === -1 ? freeAt.length : free;
      freeAt[lane] = span.endedAt;
      return { ...span, lane };
    });
}
