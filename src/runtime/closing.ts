/** Shutting down and closing: what happens to the work that is still there, and when nothing is left. */
import { RUNTIME } from '../../machines/protocol.ts';
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import type { Desk } from './desk.ts';
import type { Engine } from './engine.ts';
import type { PipelineRow, Row } from './rows.ts';
import { rejectWaiters } from './waits.ts';

export type CloseMode = 'drain' | 'suspend' | 'abort';

export interface CloseOptions {
  /** Cancels pipelines whose body was not entered. Default false. */
  readonly cancelPendingPipelines?: boolean;
  /** Default `drain`. */
  readonly mode?: CloseMode;
  /** With `abort`: time of terminated bodies before they are abandoned. Default: each one's own. */
  readonly graceMs?: number;
}

/** @throws INVALID_ARGUMENT */
export function readCloseOptions(given: unknown): CloseOptions {
  if (typeof given !== 'object' || given === null)
    throw invalidArgument('the close options', given, 'an object');
  checkKeys('close option', given, ['cancelPendingPipelines', 'mode', 'graceMs']);
  const { cancelPendingPipelines, mode, graceMs } = given as CloseOptions;
  if (cancelPendingPipelines !== undefined && typeof cancelPendingPipelines !== 'boolean') {
    throw invalidArgument('cancelPendingPipelines', cancelPendingPipelines, 'true or false');
  }
  if (mode !== undefined && !['drain', 'suspend', 'abort'].includes(mode)) {
    throw invalidArgument('mode', mode, "'drain', 'suspend' or 'abort'");
  }
  if (graceMs !== undefined && !(Number.isFinite(graceMs) && graceMs >= 0)) {
    throw invalidArgument('graceMs', graceMs, 'a finite number of milliseconds, 0 or more');
  }
  return given;
}

export class Closing {
  readonly #engine: Engine;
  readonly #desk: Desk;
  #finished: Promise<void> | undefined = undefined;
  #suspended = false;

  constructor(engine: Engine, desk: Desk) {
    this.#engine = engine;
    this.#desk = desk;
  }

  shutdown(options: CloseOptions): void {
    if (this.#engine.supervisor.mode.leaf.final) return;
    this.#engine.actors.root.send({ type: 'SHUTDOWN', token: RUNTIME });
    if (options.cancelPendingPipelines !== true) return;
    for (const run of [...this.#engine.supervisor.runs]) this.#cancelPending(run, 'shutdown');
  }

  #cancelPending(run: PipelineRow, reason: string): void {
    const { state } = run.snapshot.leaf;
    if (state === 'queued' || state === 'ready') this.#desk.cancel(run, reason);
  }

  close(options: CloseOptions): Promise<void> {
    this.shutdown(options);
    if (this.#engine.supervisor.mode.leaf.final) return this.#finished ?? Promise.resolve();
    switch (options.mode ?? 'drain') {
      case 'drain':
        if (!this.#suspended) this.#engine.actors.root.send({ type: 'UNPAUSE', token: RUNTIME });
        break;
      case 'abort':
        // Finally tasks still have to be admitted.
        if (!this.#suspended) this.#engine.actors.root.send({ type: 'UNPAUSE', token: RUNTIME });
        this.#abort(options.graceMs);
        break;
      case 'suspend':
        this.#suspended = true;
        this.#engine.actors.root.send({ type: 'PAUSE', reason: 'suspending', token: RUNTIME });
        break;
      default:
        throw invalidArgument('mode', options.mode, "'drain', 'suspend' or 'abort'");
    }
    this.#finished ??= this.#finish();
    this.#look();
    return this.#finished;
  }

  /** Cancels what is queued, terminates what runs: the exit of `Scheduler.use` after an exception. */
  #abort(graceMs: number | undefined): void {
    const { supervisor } = this.#engine;
    const error = new SignalboxError('SCHEDULER_ABORTED', 'the scheduler was closed with mode abort', {
      hint: 'nothing to do: the work was stopped on purpose',
    });
    for (const run of [...supervisor.runs]) {
      this.#cancelPending(run, 'aborted');
      if (run.snapshot.leaf.path === 'running.executing')
        supervisor.sendRun(run, { type: 'TERMINATE', error });
      else supervisor.stopTasks(run, error);
      if (graceMs !== undefined) this.#shortenGrace(run, this.#desk.clock.now() + graceMs);
    }
  }

  /** Whatever grace was given to what is stopping now, it ends at `until`. */
  #shortenGrace(run: PipelineRow, until: number): void {
    if (run.graceAt !== undefined && run.graceAt > until) run.graceAt = until;
    this.#engine.retime(run);
    for (const task of run.tasks) {
      if (task.attempt?.graceAt === undefined || task.attempt.graceAt <= until) continue;
      task.attempt.graceAt = until;
      this.#engine.retime(task);
    }
  }

  #look: () => void = () => {};

  async #finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#look = () => {
        if (this.#idle()) resolve();
      };
      this.#engine.idleListeners.add(this.#look);
      this.#look();
    });
    this.#engine.idleListeners.clear();
    await this.#engine.ledger?.drained();
    if (this.#suspended) this.#leaveTheRest();
    await this.#engine.executors.close();
    this.#engine.actors.root.send({ type: 'CLOSE', idle: true, token: RUNTIME });
    await this.#engine.lastTurn();
    await this.#engine.ledger?.close();
  }

  #idle(): boolean {
    const { supervisor } = this.#engine;
    return supervisor.runs.size === 0 || (this.#suspended && this.#attemptsOver());
  }

  /** No attempt runs, but for abandoned ones, which nobody waits for. */
  #attemptsOver(): boolean {
    const { admission, abandoned, runs } = this.#engine.supervisor;
    if (admission.admittedCount > abandoned) return false;
    return ![...runs].some((run) => run.tasks.some((task) => task.holding && !task.abandoned));
  }

  /** What is left waits in the ledger, if there is one; who waits for it here is told so, instead of for ever. */
  #leaveTheRest(): void {
    const error = new SignalboxError(
      'SCHEDULER_ABORTED',
      'the scheduler was closed with mode suspend before this was final',
      {
        retryable: true,
      },
    );
    this.#engine.leftover = error;
    const leave = (row: Row) => {
      if (row.kind !== 'stage' && row.timer !== undefined) this.#engine.cancelTimer(row.timer);
      rejectWaiters(row, error);
    };
    for (const run of this.#engine.supervisor.runs) {
      if (run.ledger?.recording) run.ledger.state = 'gone';
      run.body?.stop(error);
      leave(run);
      for (const stage of run.stages) leave(stage);
      for (const task of run.tasks) {
        leave(task);
        if (!task.visible) task.binding?.released();
      }
    }
  }
}
