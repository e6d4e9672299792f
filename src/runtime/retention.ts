/** What is kept after its end, and for how long (rule 12); and the one log line for failures nobody looked at. */
import { State } from '../../machines/compile.ts';
import type { FinalState } from '../../machines/lifecycle.ts';
import { logSafely } from '../core/logger.ts';
import type { SchedulerSettings } from './options.ts';
import type { PipelineRow, PipelineSnapshot, TaskRow } from './rows.ts';

export class Retention {
  readonly #settings: SchedulerSettings;
  readonly #finished = new Map<string, PipelineRow>();
  readonly #open = new Map<string, PipelineRow>();

  constructor(settings: SchedulerSettings) {
    this.#settings = settings;
  }

  runOpened(run: PipelineRow): void {
    this.#open.set(run.id, run);
  }

  isOpen(runId: string): boolean {
    return this.#open.has(runId);
  }

  find(runId: string): PipelineRow | undefined {
    return this.#open.get(runId) ?? this.#finished.get(runId);
  }

  /** Lets go of a final run, of its value, and of those of its tasks that nobody else refers to. */
  forget(run: PipelineRow): void {
    this.#finished.delete(run.id);
    run.snapshot = withoutValue(run.snapshot);
    run.tasks = run.tasks.filter((task) => !task.snapshot.leaf.final || isUnobservedFailure(task));
  }

  /** A run that goes on keeps its last finished tasks only. Amortised O(1) per task. */
  taskFinished(run: PipelineRow): void {
    const { keepFinishedTasks } = this.#settings.limits;
    if (
      run.finishedTasks < keepFinishedTasks ||
      run.tasks.length < 2 * (keepFinishedTasks + run.openTasks) + 64
    )
      return;
    let surplus = run.tasks.length - run.openTasks - keepFinishedTasks;
    run.tasks = run.tasks.filter((task) => {
      const { state, final } = task.snapshot.leaf;
      if (!final || surplus <= 0) return true;
      surplus -= 1;
      run.dropped[state] = (run.dropped[state] ?? 0) + 1;
      return false;
    });
  }

  runClosed(run: PipelineRow): void {
    this.#open.delete(run.id);
    this.#finished.set(run.id, run);
    for (const id of this.#finished.keys()) {
      if (this.#finished.size <= this.#settings.limits.keepFinishedRuns) break;
      this.#finished.delete(id);
    }
    if (run.failedTasks > 0 || run.snapshot.leaf.state === 'failed') {
      this.#settings.clock.setImmediate(() => this.#logUnobserved(run));
    }
  }

  /** Rule 11: a failure that nobody asked about is logged, once, when its run is over. */
  #logUnobserved(run: PipelineRow): void {
    const tasks = run.tasks.filter(isUnobservedFailure);
    const runFailed = run.snapshot.leaf.state === 'failed' && !run.observed;
    if (tasks.length === 0 && !runFailed) return;
    const first = runFailed ? run.snapshot.context.outcome : tasks[0]?.snapshot.context.outcome;
    const what = [
      ...(runFailed ? ['the run itself'] : []),
      ...(tasks.length === 0
        ? []
        : [
            `${tasks.length} of its tasks (${[...new Set(tasks.map((task) => task.name))].slice(0, 5).join(', ')})`,
          ]),
    ];
    logSafely(
      this.#settings.logger,
      'warn',
      `run ${JSON.stringify(run.name)} ended with failures nobody looked at: ${what.join(' and ')} failed`,
      first?.error,
    );
  }
}

function isUnobservedFailure(task: TaskRow): boolean {
  // The result of a graph shows its tasks: who looked at that has looked at them.
  const isShown = task.links !== undefined && task.run.observed;
  return task.snapshot.leaf.state === 'failed' && !task.observed && !isShown;
}

function withoutValue({ leaf, context }: PipelineSnapshot): PipelineSnapshot {
  const outcome = { kind: leaf.state as FinalState };
  // A State is a snapshot; XState's type of one also tells apart its statuses, which a class cannot.
  return new State(leaf, { ...context, outcome }, 'done', outcome, undefined) as PipelineSnapshot;
}
