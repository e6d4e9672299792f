/**
 * The engine: the supervisor's host in a real process. It enters bodies, keeps the timers, delivers events and
 * answers handles. Everything that comes from outside the supervisor (a report, a timer, the end of a body)
 * waits in the inbox for the next turn.
 *
 * Owns: inbox, turns, timers, event hub, executors, actors. Decides nothing about the schedule.
 * A turn: inbox, admission until nothing more may be admitted (S6), bodies, events; rule 6 cuts it.
 */
import type { Leaf } from '../../machines/compile.ts';
import type { PipelineEvent, StageEvent, SupervisorEvent, TaskEvent } from '../../machines/protocol.ts';
import { IdSource } from '../core/ids.ts';
import { Actors } from './actors.ts';
import type { Attempt } from './attempt.ts';
import { AttemptRunner } from './attempt-runner.ts';
import { Deadlocks } from './deadlock.ts';
import { EventHub } from './event-hub.ts';
import { type ExecutorFactory, ExecutorSet } from './executor-set.ts';
import type { Host } from './host.ts';
import { Ledger, type LedgerHost } from './ledger/ledger.ts';
import { letGo, lostOf, mayBeShown, refuseRun } from './ledger/let-go.ts';
import { obey } from './ledger/obey.ts';
import { onlyWaits } from './ledger/replay.ts';
import type { SchedulerSettings } from './options.ts';
import { Recorder } from './recorder.ts';
import { ResourceReporter } from './resource-reporter.ts';
import { Retention } from './retention.ts';
import { dueAt, fireTimer } from './row-timers.ts';
import type { EndMark, PipelineRow, Row, TaskRow } from './rows.ts';
import { RunRunner } from './run-runner.ts';
import { SharedEnds } from './shared-ends.ts';
import { Supervisor } from './supervisor.ts';
import { type TimerEntry, Timers } from './timers.ts';
import { Turns, type TurnWork } from './turns.ts';
import { rejectWaiters, tellWaiters, type WaitTimers } from './waits.ts';

type Message = Attempt | (() => void);

export class Engine implements Host, TurnWork, WaitTimers {
  readonly settings: SchedulerSettings;
  readonly ids: IdSource;
  readonly hub: EventHub;
  /** Undefined without a store. */
  readonly ledger: Ledger | undefined;
  readonly recorder: Recorder;
  readonly supervisor: Supervisor;
  readonly actors: Actors;
  readonly executors: ExecutorSet;
  readonly retention: Retention;
  readonly deadlocks: Deadlocks;
  readonly #timers: Timers;
  readonly #turns: Turns;
  readonly #attempts: AttemptRunner;
  readonly #runs: RunRunner;
  readonly #resources: ResourceReporter;
  /** Called when a run has closed, and after admission: whoever waits for an empty scheduler looks again. */
  readonly idleListeners = new Set<() => void>();
  /** Time of a terminated run's body before it is abandoned. */
  graceMs: number;
  /** Set when a suspended scheduler was closed: what is not final now will never be. */
  leftover: Error | undefined = undefined;
  /** Runs that are given again what earlier lives of theirs have recorded. */
  readonly replays = new Set<PipelineRow>();
  readonly #lastEnds = new SharedEnds();
  #inbox: Message[] = [];
  #admissionDue = false;
  #rateTimer: TimerEntry | undefined = undefined;

  constructor(settings: SchedulerSettings, builtIn: ReadonlyMap<string, ExecutorFactory>) {
    const { clock, logger, limits } = settings;
    this.settings = settings;
    this.graceMs = settings.graceMs;
    this.ids = new IdSource(() => clock.now());
    this.hub = new EventHub({
      clock,
      logger,
      ring: limits.eventRing,
      onVisible: this.onVisible,
      wake: this.#wakeTurn,
    });
    this.ledger = this.#makeLedger();
    this.recorder = new Recorder(this.hub, this.ledger);
    this.supervisor = new Supervisor({
      admission: settings.admission,
      pipelineParallelism: settings.pipelineParallelism,
      host: this,
    });
    this.actors = new Actors(this.supervisor, settings.inspect);
    this.executors = new ExecutorSet(builtIn, settings.executors);
    this.retention = new Retention(settings);
    this.deadlocks = new Deadlocks(this.supervisor);
    this.#timers = new Timers(clock, this.post);
    this.#turns = new Turns(clock, this);
    this.#resources = new ResourceReporter(settings.admission, this.hub);
    const { supervisor, executors, hub, ledger, post } = this;
    this.#attempts = new AttemptRunner({ settings, supervisor, executors, hub, ledger, post });
    this.#runs = new RunRunner(supervisor, () => this.settings.clock.now() + this.graceMs, post);
  }

  #makeLedger(): Ledger | undefined {
    const { store, durability, storeRetryMs, clock, logger } = this.settings;
    if (store === undefined) return undefined;
    const host: LedgerHost = {
      takeEvents: () => this.hub.take(),
      showEvents: (events) =>
        this.hub.deliver(events, (row, runSeq) => mayBeShown(row, runSeq) || this.#neverShown(row)),
      tell: (event) => this.hub.tell(event),
      stall: (stalled) => {
        this.supervisor.stalled = stalled;
        this.wake();
      },
      letGo: (run, error) => letGo(this.supervisor, run, error),
      refuse: (run, error) => refuseRun(this.supervisor, run, error),
      accepted: (run) => this.supervisor.admitToQueue(run),
      obey: (run, message) => obey(this.supervisor, run, message),
      post: this.post,
    };
    return new Ledger({ store, durability, retryMs: storeRetryMs, clock, logger, host });
  }

  // --- turns -------------------------------------------------------------------------------------------

  readonly #wakeTurn = (): void => this.#turns.wake();

  readonly post = (message: Message): void => {
    this.#inbox.push(message);
    this.#turns.wake();
  };

  wake(): void {
    this.#admissionDue = true;
    this.#turns.wake();
  }

  pending(): boolean {
    const { readyTasks, readyRuns } = this.supervisor;
    return (
      this.#inbox.length > 0 ||
      this.#admissionDue ||
      readyTasks.length > 0 ||
      readyRuns.length > 0 ||
      (this.hub.waiting && this.#showsAtOnce)
    );
  }

  /** One slice of a turn; see `TurnWork`. */
  step(budget: number): number {
    this.hub.beginSlice();
    try {
      return this.#slice(budget);
    } finally {
      this.hub.endSlice();
    }
  }

  #slice(budget: number): number {
    let done = this.#readInbox(budget);
    if (this.#admissionDue) done += this.#admit(budget);
    done += this.#startReady();
    if (this.hub.waiting && this.#showsAtOnce) done += this.hub.flush(budget);
    return done;
  }

  /** With a strict ledger, events wait for the commit at the end of their turn (L1). */
  get #showsAtOnce(): boolean {
    return this.ledger === undefined || !this.ledger.strict;
  }

  /** The end of a turn: what it did is committed and shown; replayed runs go one step on. */
  boundary(): void {
    if (this.ledger === undefined) return;
    this.hub.beginSlice();
    try {
      this.ledger.turn();
      if (this.replays.size > 0) this.#stepReplays();
    } finally {
      this.hub.endSlice();
    }
  }

  #stepReplays(): void {
    let again = false;
    for (const run of this.replays) {
      const replay = run.ledger?.replay;
      if (replay?.step(onlyWaits(run))) again = true;
      if (replay === undefined || replay.over) this.replays.delete(run);
    }
    if (again) this.#turns.wake();
  }

  #readInbox(budget: number): number {
    const inbox = this.#inbox;
    const count = Math.min(inbox.length, budget);
    if (count === 0) return 0;
    this.#inbox = count < inbox.length ? inbox.slice(count) : [];
    for (let i = 0; i < count; i += 1) {
      const message = inbox[i];
      if (typeof message === 'function') message();
      else if (message !== undefined) this.#attempts.process(message);
    }
    return count;
  }

  #admit(budget: number): number {
    this.#admissionDue = false;
    const admitted = this.supervisor.admit(this.hub.now, budget);
    if (admitted >= budget) this.#admissionDue = true;
    else this.#afterAdmission();
    return admitted;
  }

  #afterAdmission(): void {
    this.#armRateTimer();
    if (this.hub.watched) this.#resources.report();
    this.deadlocks.check();
    if (this.idleListeners.size > 0) this.#lookIdle();
  }

  /** A rate limit gives its tokens back by time (rule 5): come back then. */
  #armRateTimer(): void {
    const at = this.supervisor.paused ? undefined : this.settings.admission.retryAt;
    if (this.#rateTimer !== undefined && this.#rateTimer.at === at && this.#timers.isSet(this.#rateTimer))
      return;
    if (this.#rateTimer !== undefined) this.#timers.cancel(this.#rateTimer);
    this.#rateTimer = at === undefined ? undefined : this.#timers.set(at, () => this.wake());
  }

  #startReady(): number {
    const tasks = this.supervisor.readyTasks;
    let started = tasks.length;
    if (started > 0) {
      this.supervisor.readyTasks = [];
      for (const row of tasks) this.#attempts.start(row);
    }
    for (let row = this.supervisor.startNextRun(); row !== undefined; row = this.supervisor.startNextRun()) {
      this.#runs.enter(row);
      started += 1;
    }
    return started;
  }

  // --- the supervisor's host -----------------------------------------------------------------------------

  submitted(row: Row): void {
    const { now } = this.hub;
    if (row.kind === 'task') row.reserveId(now);
    this.recorder.submitted(row, now);
    if (row.kind !== 'stage' && row.snapshot.context.outcome === null) this.retime(row);
  }

  restored(row: TaskRow, id: string): void {
    row.keepId(id);
    this.recorder.restored(row);
  }

  moved(row: Row, previous: Leaf, event: TaskEvent | PipelineEvent | StageEvent): void {
    this.recorder.moved(row, previous, event);
    if (row.kind === 'task') this.#attempts.retire(row);
  }

  refused(row: Row, event: TaskEvent | PipelineEvent | StageEvent): void {
    this.recorder.refused(row, event);
  }

  admitted(row: TaskRow | PipelineRow): void {
    if (row.actor === undefined) this.actors.make(row);
  }

  /** Bodies are entered by the turn, right after the transition that commands it. */
  start(_row: TaskRow | PipelineRow): void {}

  notify(row: TaskRow | PipelineRow): void {
    if (row.kind === 'task') this.#attempts.notify(row);
    else this.#runs.notify(row);
    this.retime(row);
  }

  kill(row: TaskRow): void {
    this.#attempts.kill(row);
  }

  retime(row: TaskRow | PipelineRow): void {
    if (row.kind === 'pipeline' && row.finallyTasks === 'given-up') row.body?.giveUp();
    const at = dueAt(row);
    const timer = row.timer;
    if (timer !== undefined && timer.at === at && this.#timers.isSet(timer)) return;
    if (timer !== undefined) this.#timers.cancel(timer);
    row.timer = at === undefined ? undefined : this.#timers.set(at, () => this.#onTimer(row));
  }

  #onTimer(row: TaskRow | PipelineRow): void {
    row.timer = undefined;
    fireTimer(this.supervisor, row, this.settings.clock.now());
    if (row.timer === undefined && row.snapshot.leaf.path !== 'running.terminating') this.retime(row);
  }

  settled(row: Row): void {
    if (row.kind !== 'task') return;
    row.work = undefined;
    row.args = undefined;
    row.snapshot = this.#lastEnds.share(row.snapshot);
    this.retention.taskFinished(row.run);
  }

  closed(run: PipelineRow): void {
    this.ledger?.closed(run);
    this.retention.runClosed(run);
    this.#lookIdle();
  }

  #lookIdle(): void {
    for (const look of [...this.idleListeners]) look();
  }

  modeChanged(event: SupervisorEvent): void {
    switch (event.type) {
      case 'PAUSE':
        return this.hub.emit({
          type: 'scheduler:paused',
          ...(event.reason === undefined ? {} : { reason: event.reason }),
        });
      case 'UNPAUSE':
        return this.hub.emit({ type: 'scheduler:unpaused' });
      case 'SHUTDOWN':
        return this.hub.emit({ type: 'scheduler:shutdown' });
      case 'CLOSE':
        return this.hub.emit({ type: 'scheduler:closed' });
      default:
        event satisfies never;
    }
  }

  /** The end of a row was delivered: from here on handles, waits and streams see it (L1). */
  readonly onVisible = (row: Row, end: EndMark): void => {
    row.end = end;
    if (row.actor !== undefined) this.actors.drop(row);
    if (this.hub.routed) this.hub.complete(row.actorId);
    if (row.kind !== 'stage') this.supervisor.seen(row);
    if (row.kind === 'task') forgetRest(row);
    tellWaiters(row);
  };

  /** The end of a row of a run that was let go is for others to tell: here nobody hears of it. */
  #neverShown(row: Row | undefined): false {
    if (row?.snapshot.leaf.final !== true || row.visible) return false;
    if (row.actor !== undefined) this.actors.drop(row);
    if (this.hub.routed) this.hub.complete(row.actorId);
    rejectWaiters(row, lostOf(row));
    return false;
  }

  /** Delivers what is still queued and completes every stream: nothing comes after. */
  async lastTurn(): Promise<void> {
    await this.ledger?.drained();
    while (this.hub.waiting) this.hub.flush(Number.POSITIVE_INFINITY);
    this.hub.end();
  }

  // --- timers --------------------------------------------------------------------------------------------

  setTimer(delayMs: number, fire: () => void): TimerEntry {
    return this.#timers.set(this.settings.clock.now() + delayMs, fire);
  }

  cancelTimer(entry: TimerEntry): void {
    this.#timers.cancel(entry);
  }

  /** Timers that are set; none must be left at the end. */
  get timers(): number {
    return this.#timers.size;
  }
}

/** What a task needs no more once its end was seen. */
function forgetRest(row: TaskRow): void {
  row.forgetIdText();
  row.binding = undefined;
}
