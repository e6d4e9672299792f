/**
 * What happened in a run, written down from the scheduler's events: one span per task, and how much of each
 * resource was in use when. The progress, the summary and the timeline are all read from here, so they
 * cannot disagree.
 */
import type { Observable } from 'rxjs';
import type { RuntimeEvent } from '../../src/index.ts';

export type Span = {
  readonly id: string;
  readonly name: string;
  readonly stage: number;
  readonly queuedAt: number;
} & (
  | { readonly state: 'queued' }
  | { readonly state: 'running'; readonly startedAt: number; readonly percent: number }
  | { readonly state: 'cancelled'; readonly endedAt: number }
  | {
      readonly state: 'ended';
      readonly end: 'succeeded' | 'failed' | 'cancelled';
      readonly startedAt: number;
      readonly endedAt: number;
    }
);

export type EndedSpan = Extract<Span, { state: 'ended' }>;

/** From `at` on, this much was in use. */
export interface Sample {
  readonly at: number;
  readonly inUse: number;
}

export class RunRecord {
  readonly spans = new Map<string, Span>();
  readonly samples = new Map<string, Sample[]>();
  readonly capacities: ReadonlyMap<string, number>;
  /** Names of the stages entered so far; the first has none. */
  readonly stages: (string | undefined)[] = [];
  #startedAt = 0;
  #lastAt = 0;
  #over = false;

  constructor(capacities: Readonly<Record<string, number>>) {
    this.capacities = new Map(Object.entries(capacities));
  }

  /** Epoch milliseconds of the first event, and of the last one up to the end of the run. */
  get startedAt(): number {
    return this.#startedAt;
  }
  get lastAt(): number {
    return this.#lastAt;
  }

  follow(events$: Observable<RuntimeEvent>): void {
    events$.subscribe((event) => this.#take(event));
  }

  /** How much of a label is in use at the moment. */
  inUse(label: string): number {
    return this.samples.get(label)?.at(-1)?.inUse ?? 0;
  }

  #take(event: RuntimeEvent): void {
    if (this.#startedAt === 0) this.#startedAt = event.at;
    if (!this.#over) this.#lastAt = event.at;
    switch (event.type) {
      case 'pipeline:succeeded':
      case 'pipeline:failed':
      case 'pipeline:cancelled':
        this.#over = true;
        return;
      case 'task:queued':
        this.#open(event);
        return;
      case 'task:running':
        this.#change(event.taskId, (span) => ({
          ...span,
          state: 'running',
          startedAt: event.at,
          percent: 0,
        }));
        return;
      case 'task:progress':
        this.#progress(event.taskId, event.percent ?? 0);
        return;
      case 'task:succeeded':
      case 'task:failed':
      case 'task:cancelled':
        this.#end(event.taskId, event.state, event.at);
        return;
      case 'stage:ready':
      case 'stage:running':
        this.stages[event.stage] = event.name;
        return;
      case 'resource:changed':
        if (!this.#over) this.#sample(event.label, { at: event.at, inUse: event.inUse });
        return;
      default: // the other events are for other readers
    }
  }

  #open(event: Pick<Span, 'name' | 'stage'> & { readonly taskId: string; readonly at: number }): void {
    const { taskId: id, name, stage, at: queuedAt } = event;
    // A retried task is queued again; it has been waiting since the first time.
    if (!this.spans.has(id)) this.spans.set(id, { id, name, stage, queuedAt, state: 'queued' });
  }

  #change(id: string, next: (span: Span) => Span): void {
    const span = this.spans.get(id);
    if (span !== undefined) this.spans.set(id, next(span));
  }

  #progress(id: string, percent: number): void {
    this.#change(id, (span) => (span.state === 'running' ? { ...span, percent } : span));
  }

  #end(id: string, state: string, endedAt: number): void {
    const end = state === 'succeeded' || state === 'failed' ? state : 'cancelled';
    this.#change(id, (span) => {
      if (span.state === 'queued') return { ...span, state: 'cancelled', endedAt };
      return span.state === 'running' ? { ...span, state: 'ended', end, endedAt } : span;
    });
  }

  #sample(label: string, sample: Sample): void {
    const samples = this.samples.get(label) ?? [];
    this.samples.set(label, samples);
    samples.push(sample);
  }
}
