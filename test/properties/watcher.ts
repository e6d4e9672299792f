/**
 * Watches a scheduler's events and rebuilds from them what must always hold. It knows nothing of the
 * implementation: what it checks is what a user could check.
 */
import { isLegalMove, type LifecycleState } from '../../machines/index.ts';
import type { RuntimeEvent, Scheduler } from '../../src/index.ts';

const FINAL = new Set<string>(['succeeded', 'failed', 'cancelled', 'blocked']);
const STATE_TYPES =
  /^(task|stage|pipeline):(queued|ready|running|succeeded|failed|cancelled|blocked|retrying|held|suspended)$/;

export class Watcher {
  readonly #scheduler: Scheduler;
  readonly #amounts: (name: string) => Readonly<Record<string, number>>;
  readonly #states = new Map<string, LifecycleState>();
  readonly #ends = new Map<string, number>();
  readonly #openAttempts = new Map<string, number>();
  readonly #holding = new Map<string, string>();
  readonly rejected: string[] = [];
  /** The stream has ended: it holds no listener any more. */
  completed = false;
  #seq = 0;
  readonly problems: string[] = [];

  constructor(scheduler: Scheduler, amounts: (name: string) => Readonly<Record<string, number>>) {
    this.#scheduler = scheduler;
    this.#amounts = amounts;
    scheduler.events$.subscribe({
      next: (event) => this.#see(event),
      complete: () => {
        this.completed = true;
      },
    });
  }

  #see(event: RuntimeEvent): void {
    if (event.seq !== this.#seq + 1) this.problems.push(`seq ${event.seq} after ${this.#seq}`);
    this.#seq = event.seq;
    if (event.type === 'task:rejected') this.rejected.push(event.event);
    if ('attempt' in event && event.type.startsWith('attempt:')) this.#attempt(event.type, event.taskId);
    if ('previous' in event && STATE_TYPES.test(event.type)) this.#state(event);
  }

  #state(event: Extract<RuntimeEvent, { previous: unknown }>): void {
    const kind = event.type.split(':')[0] as 'task' | 'stage' | 'pipeline';
    const id =
      'taskId' in event ? event.taskId : 'stage' in event ? `${event.runId}/${event.stage}` : event.runId;
    const before = this.#states.get(id);
    if (before !== event.previous)
      this.problems.push(`${id}: ${event.type} says previous ${event.previous}, was ${before}`);
    // (T1) only moves of the table; a phase may change within queued or running.
    if (before !== undefined && before !== event.state && !isLegalMove(kind, before, event.state)) {
      this.problems.push(`(T1) ${id}: ${before} -> ${event.state}`);
    }
    this.#states.set(id, event.state);
    if (FINAL.has(event.state)) this.#ends.set(id, (this.#ends.get(id) ?? 0) + 1);
    if (kind === 'task' && event.state === 'ready') this.#holding.set(id, event.name);
    if (kind === 'task' && event.state !== 'ready' && event.state !== 'running') this.#holding.delete(id);
    if (kind === 'task' && event.phase === 'suspended') this.#holding.delete(id);
    this.#capacity();
  }

  /** (S1, S2) what is admitted fits, at every single event. */
  #capacity(): void {
    const snapshot = this.#scheduler.snapshot();
    if (this.#holding.size > snapshot.taskParallelism)
      this.problems.push(`(S2) ${this.#holding.size} tasks admitted`);
    for (const { label, capacity } of snapshot.resources) {
      const used = [...this.#holding.values()].reduce(
        (sum, name) => sum + (this.#amounts(name)[label] ?? 0),
        0,
      );
      if (used > capacity + 1e-9) this.problems.push(`(S1) ${used} of ${capacity} ${label}`);
    }
  }

  /** (T2) every attempt that started ends exactly once. */
  #attempt(type: string, taskId: string): void {
    const open = this.#openAttempts.get(taskId) ?? 0;
    const next = type === 'attempt:started' ? open + 1 : open - 1;
    if (next < 0 || next > 1) this.problems.push(`(T2) ${taskId}: ${type} with ${open} attempts open`);
    this.#openAttempts.set(taskId, next);
  }

  /** At the end: one final outcome each, nothing open, nothing held. */
  finish(): void {
    for (const [id, state] of this.#states) {
      if (!FINAL.has(state)) this.problems.push(`${id} ended ${state}`);
      if (this.#ends.get(id) !== 1) this.problems.push(`(T2) ${id} ended ${this.#ends.get(id) ?? 0} times`);
    }
    for (const [id, open] of this.#openAttempts)
      if (open !== 0) this.problems.push(`(T2) ${id} has an open attempt`);
    for (const { label, inUse } of this.#scheduler.snapshot().resources) {
      if (inUse !== 0) this.problems.push(`(S5) ${inUse} of ${label} still in use`);
    }
  }
}
