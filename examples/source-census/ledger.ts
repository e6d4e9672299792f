/** Which files are in the hands of which tasks: what says, at any moment, how many files are done. */
import type { RunRecord, Span } from './run-record.ts';

export interface Entry {
  readonly files: number;
  readonly bytes: number;
  /** The files are done when all of these have succeeded. */
  readonly taskIds: readonly string[];
}

export interface FileCounts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  /** Begun and not ended; after a stop, these are the interrupted ones. */
  readonly begun: number;
  readonly waiting: number;
}

type Fate = 'done' | 'failed' | 'begun' | 'waiting';

export class Ledger {
  readonly #entries: Entry[] = [];

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  counts(record: RunRecord): FileCounts {
    const counts = { total: 0, done: 0, failed: 0, begun: 0, waiting: 0 };
    for (const { files, taskIds } of this.#entries) {
      counts.total += files;
      counts[fateOf(taskIds.map((id) => record.spans.get(id)))] += files;
    }
    return counts;
  }

  /** How much of the work is done, 0 to 1: by bytes, which is what takes the time, and with what is half done. */
  share(record: RunRecord): number {
    let [done, total] = [0, 0];
    for (const { files, bytes, taskIds } of this.#entries) {
      const weight = bytes + files; // an empty file is some work too
      const percents = taskIds.map((id) => percentOf(record.spans.get(id)));
      total += weight;
      done += weight * (percents.length === 0 ? 1 : sum(percents) / (100 * percents.length));
    }
    return total === 0 ? 0 : done / total;
  }
}

function fateOf(spans: readonly (Span | undefined)[]): Fate {
  // No task at all: it was seen at once that the file cannot be read.
  if (spans.length === 0 || spans.some((span) => endOf(span) === 'failed')) return 'failed';
  if (spans.every((span) => endOf(span) === 'succeeded')) return 'done';
  return spans.some((span) => span?.state === 'running' || span?.state === 'ended') ? 'begun' : 'waiting';
}

function endOf(span: Span | undefined): string | undefined {
  return span?.state === 'ended' ? span.end : undefined;
}

function percentOf(span: Span | undefined): number {
  if (span?.state === 'running') return span.percent;
  return span?.state === 'ended' ? 100 : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
