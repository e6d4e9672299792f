/**
 * Going on with runs of earlier lives: taking them over, finding their code, giving it what was recorded.
 *
 * Owns: the way from a run id to a run that goes on, or to its recorded answer.
 * Does not own: leases (the store), what a replayed run is given (replay.ts).
 */
import { RUNTIME } from '../../../machines/protocol.ts';
import { decode } from '../../core/codec.ts';
import { SignalboxError } from '../../core/errors.ts';
import { killGroup, killRun } from '../../core/processes.ts';
import type { Claim, OpenRun, RecordedRun, RecordedTask, Soon, StoreSession } from '../../stores/store.ts';
import { runComesAfter } from '../dependents.ts';
import type { Desk } from '../desk.ts';
import type { Engine } from '../engine.ts';
import type { PipelineHandle } from '../pipeline-handle.ts';
import type { ChildrenPolicy, PipelineRow, TaskRow } from '../rows.ts';
import { isRunnable, type RunnablePipeline, type StyleDefinition } from '../run-options.ts';
import { CLAIM, DEFINITION, ENTER, NAME, SUBMITTED } from '../run-symbols.ts';
import { asBefore, hasBegun, stopAgain, wasStopped } from './earlier-end.ts';
import { attemptLost, notClaimed, shuttingDown, upstreamOpen } from './failures.ts';
import { goOn } from './go-on.ts';
import type { Ledger } from './ledger.ts';
import { movePayload } from './payload.ts';
import type { LeasedRun, RecoverResult, RefusedRun, UnknownRun } from './recover-result.ts';
import { checkNames, isEnd, Replay, type ReplayMode } from './replay.ts';
import { recordedOutcome } from './restore.ts';
import { redone, rewind } from './rewind.ts';
import { RunLedger } from './run-ledger.ts';
import { checkSame, type Parent, type Submitted } from './same-code.ts';

/** Builds the pipelines of a style from what the ledger keeps of them, by the name of the style. */
export type Styles = ReadonlyMap<string, BuildStyle>;
export type BuildStyle = (definition: unknown) => Soon<RunnablePipeline>;

/** Between two looks at a child run that a former owner still runs. */
const LEASED_CHILD_RETRY_MS = 1_000;
const NEVER = new Promise<never>(() => {});

/** What a run comes after, as far as it is known here. */
interface Upstream {
  readonly rows: readonly PipelineRow[];
  /** Id of one that ended badly. */
  readonly bad: string | undefined;
}

type Claimed = Extract<Claim, { kind: 'claimed' }>;

export class Recovery {
  readonly #engine: Engine;
  readonly #desk: Desk;
  readonly #styles: Styles;

  constructor(engine: Engine, desk: Desk, styles: Styles) {
    this.#engine = engine;
    this.#desk = desk;
    this.#styles = styles;
  }

  /**
   * A handle of the run right away; what the store says of it settles `accepted`. `parent`: it is a child run that
   * its parent's code submits again.
   */
  resume(runId: string, given: Submitted | undefined, parent?: Parent): PipelineHandle<unknown> {
    const ledger = this.#ledger();
    const unmark = isRunnable(given) ? given[CLAIM]() : undefined;
    const spec = {
      id: runId,
      name: isRunnable(given) ? given[NAME] : (given?.name ?? 'a resumed run'),
      priority: 0,
      children: 'continue' as ChildrenPolicy,
      parent: parent?.row,
      parentTask: parent?.task,
      takesSlot: parent === undefined,
    };
    const keep = (row: PipelineRow) => {
      row.ledger = new RunLedger(row, 'claiming', ledger.strict);
      row.upstreamOpen += 1;
      let leave = () => {};
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      const claim = this.#claim(ledger, row, given, parent, leave).catch((error) =>
        this.#engine.post(() => this.#refuse(row, error as Error, unmark)),
      );
      ledger.leases.claiming(Promise.race([claim, left]));
    };
    return this.#desk.submitRun(spec, [], () => undefined, undefined, keep);
  }

  #refuse(row: PipelineRow, error: Error, unmark: (() => void) | undefined): void {
    unmark?.();
    if (row.ledger?.state === 'claiming') row.ledger.state = 'answered';
    row.ledger?.accept(error);
    if (row.snapshot.leaf.final) return;
    this.#engine.supervisor.sendRun(row, { type: 'REFUSE', error, token: RUNTIME });
  }

  async #claim(
    ledger: Ledger,
    row: PipelineRow,
    given: Submitted | undefined,
    parent: Parent | undefined,
    leave: () => void,
  ): Promise<void> {
    const session = await ledger.session();
    const first = await this.#claimFree(session, row, parent, leave);
    const mode: ReplayMode = first.kind === 'closed' ? 'rerun' : 'recover';
    if (first.kind === 'closed') {
      const style = await this.#styleOf(first.recorded, given);
      if (isAnswer(first.recorded, style?.[DEFINITION]?.(), parent?.mode))
        return this.#engine.post(() => this.#answer(row, first.recorded, style));
    }
    // Before anything changes: a final run stays final when its code is not the one that is given.
    const early = first.kind === 'closed' ? await this.#codeOf(first.recorded, given, parent) : undefined;
    const claim = first.kind === 'closed' ? await session.claim(row.id, { reopen: true }) : first;
    if (claim.kind !== 'claimed') throw notClaimed(row.id, claim);
    try {
      const pipeline = early ?? (await this.#codeOf(claim.recorded, given, parent));
      await this.#endSurvivors(claim.recorded);
      const upstream = await this.#upstreamOf(claim.recorded);
      this.#engine.post(() => this.#goOn(row, claim, pipeline, mode, upstream));
    } catch (error) {
      await session.release([claim.run]);
      throw error;
    }
  }

  /**
   * A child run that a former owner of its parent still runs is waited for: it ends there, or that owner finds out.
   * Its parent would have to fail otherwise, for a reason that passes.
   */
  async #claimFree(
    session: StoreSession,
    row: PipelineRow,
    parent: Parent | undefined,
    leave: () => void,
  ): Promise<Claim> {
    const { supervisor } = this.#engine;
    for (;;) {
      const claim = await session.claim(row.id);
      if (claim.kind !== 'leased' || parent === undefined || row.snapshot.leaf.final) return claim;
      // A scheduler that is suspended leaves it for the next one.
      if (supervisor.paused && !supervisor.open) leave();
      await new Promise<void>((resolve) => void this.#engine.setTimer(LEASED_CHILD_RETRY_MS, resolve));
      if (supervisor.mode.leaf.final) await NEVER;
    }
  }

  /** Process groups of attempts that the crash cut off: nothing of them may go on beside the next attempt (rule 8). */
  async #endSurvivors({ id, groups, tasks }: RecordedRun): Promise<void> {
    const ids = new Map(tasks.map((task) => [task.position, task.id]));
    for (const group of groups) await killGroup(group, ids.get(group.position) ?? '');
    await killRun(id);
  }

  /** The runs that a run which was never entered comes after: live ones, and the first that ended badly. */
  async #upstreamOf({ id, path, after }: RecordedRun): Promise<Upstream> {
    const rows: PipelineRow[] = [];
    if (!path.startsWith('queued')) return { rows, bad: undefined };
    for (const runId of after) {
      const live = this.#engine.retention.find(runId);
      if (live !== undefined) {
        rows.push(live);
        continue;
      }
      const run = await this.#engine.settings.store?.runs.get(runId);
      if (run === undefined || run.state === 'succeeded') continue;
      if (run.outcome === undefined) throw upstreamOpen(id, runId);
      return { rows, bad: runId };
    }
    return { rows, bad: undefined };
  }

  /** @throws INVALID_ARGUMENT, REPLAY_MISMATCH, PIPELINE_REUSED, TASK_BUSY */
  async #codeOf(
    recorded: RecordedRun,
    given: Submitted | undefined,
    parent: Parent | undefined,
  ): Promise<Submitted> {
    const pipeline = await this.#pipelineOf(recorded, given);
    checkSame(recorded, pipeline, parent);
    checkNames(recorded);
    if (!isRunnable(pipeline)) return pipeline;
    pipeline[DEFINITION]?.().check?.(recorded);
    // What was passed is taken already. An instance of a class, or a graph, is for one run at a time.
    if (given === undefined) pipeline[CLAIM]();
    return pipeline;
  }

  #pipelineOf({ id, name, style, definition }: RecordedRun, given: Submitted | undefined): Soon<Submitted> {
    if (given !== undefined) return given;
    const known = this.#engine.settings.pipelines.get(name);
    if (known !== undefined) return known;
    const build = this.#styles.get(style);
    if (build !== undefined && definition !== undefined) return build(decode(definition));
    throw new SignalboxError(
      'INVALID_ARGUMENT',
      `the run ${id} is of the pipeline ${JSON.stringify(name)}, whose code this scheduler does not have`,
      {
        hint: `resume(runId, pipeline), or list it in the scheduler's pipelines`,
        details: { runId: id, name },
      },
    );
  }

  /** In a turn: the run is ours; its code may start. */
  #goOn(
    row: PipelineRow,
    { run, recorded }: Claimed,
    pipeline: Submitted,
    mode: ReplayMode,
    upstream: Upstream,
  ): void {
    const { ledger } = row;
    const { supervisor, settings } = this.#engine;
    const body = row.body;
    if (ledger === undefined || body === undefined) return;
    ledger.key = run.key;
    ledger.fence = run.fence;
    ledger.nextSeq = recorded.nextSeq;
    ledger.committedSeq = recorded.nextSeq - 1;
    ledger.values = recorded.values.length;
    ledger.recovered = true;
    ledger.state = 'open';
    // What it is sent counts once its tasks are there again: those that run are to be stopped, its finally tasks are due.
    if (mode === 'recover' && hasBegun(recorded)) ledger.waiting = [...recorded.messages];
    for (const { index, path } of recorded.stages) {
      ledger.knownStages.add(index);
      if (mode === 'recover') ledger.stages.set(index, path);
    }
    this.#engine.ledger?.leases.own(ledger);
    row.name = recorded.name;
    row.priority = recorded.priority;
    row.children = recorded.children as ChildrenPolicy;
    row.root.nextPosition = Math.max(row.root.nextPosition, recorded.tasks.at(-1)?.position ?? 0);
    if (row.handle !== undefined && isRunnable(pipeline)) pipeline[SUBMITTED]?.(row.handle);
    if (isRunnable(pipeline)) row.style = pipeline;
    const style = row.style?.[DEFINITION]?.();
    if (style?.toRecord !== undefined) row.toResult = style.toRecord;
    ledger.replay = new Replay(recorded, mode, style?.decidesNothing === true, this.#replayHost(row));
    this.#engine.replays.add(row);
    body.input = recorded.input === undefined ? undefined : decode(recorded.input);
    body.enter = (controls) => {
      const goesOn = mode === 'recover';
      if (goesOn && wasStopped(recorded)) this.#engine.post(() => stopAgain(this.#engine, row, recorded));
      if (ledger.waiting !== undefined) this.#engine.post(() => this.#engine.ledger?.obeyWaiting(ledger));
      const end = isRunnable(pipeline) ? pipeline[ENTER](controls) : pipeline(controls);
      return goesOn && isEnd(recorded.path) && style?.toRecord === undefined ? asBefore(end, recorded) : end;
    };
    // Cancelled while it was being taken over, it may be final; an end that it had before stays its end.
    if (!row.snapshot.leaf.final || !isEnd(recorded.path))
      this.#engine.ledger?.note(row, 'none', settings.clock.now(), movePayload(row, undefined));
    ledger.accept();
    for (const before of upstream.rows) runComesAfter(supervisor, row, before);
    if (upstream.bad !== undefined)
      supervisor.sendRun(row, { type: 'BLOCK', parent: upstream.bad, token: RUNTIME });
    if (row.snapshot.leaf.final) return this.#engine.ledger?.closed(row);
    if (ledger.waiting === undefined) this.#engine.ledger?.obey(ledger, recorded.messages);
    supervisor.admitToQueue(row);
  }

  #replayHost(run: PipelineRow) {
    const { supervisor } = this.#engine;
    const engine = this.#engine;
    return {
      show: (row: TaskRow, { movedAt, previous, seq }: RecordedTask) => {
        const { leaf, context } = row.snapshot;
        row.binding?.moved(leaf.state as never, context.outcome, movedAt);
        supervisor.settleRecorded(row);
        engine.onVisible(row, { seq: 0, at: movedAt, previous, runSeq: seq });
      },
      goOn: (row: TaskRow) => goOn(supervisor, row, attemptLost(row)),
      wake: () => {
        engine.replays.add(run);
        engine.wake();
      },
    };
  }

  /** In a turn: the store has the whole answer; nothing is run and nothing is recorded. */
  #answer(row: PipelineRow, recorded: RecordedRun, style: RunnablePipeline | undefined): void {
    const { supervisor } = this.#engine;
    if (row.ledger === undefined) return;
    row.ledger.accept();
    if (row.snapshot.leaf.final) return;
    row.ledger.state = 'answered';
    row.ledger.key = 1;
    row.name = recorded.name;
    const outcome = recordedOutcome(recorded.path, recorded.payload);
    row.style = style;
    switch (outcome.kind) {
      case 'succeeded': {
        const fromRecord = style?.[DEFINITION]?.().fromRecord;
        const value = fromRecord === undefined ? outcome.value : fromRecord(recorded);
        return void supervisor.sendRun(row, { type: 'SKIP', reason: 'cached', value, token: RUNTIME });
      }
      case 'failed':
        return void supervisor.sendRun(row, { type: 'REFUSE', error: outcome.error, token: RUNTIME });
      case 'blocked':
        return void supervisor.sendRun(row, { type: 'BLOCK', parent: outcome.reason ?? '', token: RUNTIME });
      case 'cancelled':
        return void supervisor.sendRun(row, { type: 'CANCEL', reason: outcome.reason ?? 'cancelled' });
      default:
        return outcome.kind satisfies never;
    }
  }

  /** The pipeline object that knows how to read the record of a run; undefined for plain code. */
  async #styleOf(
    { style, definition }: RecordedRun,
    given: Submitted | undefined,
  ): Promise<RunnablePipeline | undefined> {
    if (isRunnable(given)) return given;
    const build = definition === undefined ? undefined : this.#styles.get(style);
    return build?.(decode(definition ?? ''));
  }

  /** Takes every open run over that can be: those whose parents do not go on with them. */
  async recover(): Promise<RecoverResult> {
    const ledger = this.#ledger();
    const session = await ledger.session();
    const open = await session.openRuns();
    const ids = new Set(open.map((run) => run.id));
    const roots = open.filter(({ parentId }) => parentId === undefined || !ids.has(parentId));
    const handles: PipelineHandle<unknown>[] = [];
    const unknown: UnknownRun[] = [];
    const leased: LeasedRun[] = [];
    const refused: RefusedRun[] = [];
    for (const run of roots) {
      if (!this.#engine.supervisor.open) throw shuttingDown();
      if (this.#engine.retention.isOpen(run.id)) continue;
      if (!this.#isKnown(run)) {
        unknown.push({ runId: run.id, name: run.name, style: run.style, version: run.version });
        continue;
      }
      const handle = this.resume(run.id, undefined);
      try {
        await handle.accepted;
        handles.push(handle);
      } catch (error) {
        const { owner, expiresAt } = ((error as SignalboxError).details ?? {}) as Partial<LeasedRun>;
        handle.outcome().catch(() => {});
        const { id: runId, name } = run;
        if ((error as SignalboxError).code === 'RUN_LEASED' && owner !== undefined)
          leased.push({ runId, name, owner, expiresAt: expiresAt ?? 0 });
        else refused.push({ runId, name, error });
      }
    }
    return { resumed: handles, unknown, leased, refused };
  }

  #isKnown({ name, style }: OpenRun): boolean {
    return this.#engine.settings.pipelines.has(name) || this.#styles.has(style);
  }

  /** Marks a task and all that follows from it to be done again; the run is open afterwards, and nobody's. */
  async reset(runId: string, fromTask: string): Promise<void> {
    const ledger = this.#ledger();
    if (this.#engine.retention.isOpen(runId)) {
      throw new SignalboxError(
        'INVALID_TRANSITION',
        `the run ${runId} is live here; reset() needs one that is not`,
        {
          hint: 'await its outcome, or close the scheduler with mode suspend, first',
        },
      );
    }
    const session = await ledger.session();
    const first = await session.claim(runId);
    // Before anything changes: a final run stays final when it has no such task.
    if (first.kind === 'closed') redone(first.recorded, fromTask);
    const claim = first.kind === 'closed' ? await session.claim(runId, { reopen: true }) : first;
    if (claim.kind !== 'claimed') throw notClaimed(runId, claim);
    try {
      await rewind(session, claim, fromTask, this.#engine.settings.clock.now());
    } finally {
      await session.release([claim.run]);
    }
  }

  #ledger(): Ledger {
    const { ledger } = this.#engine;
    if (ledger !== undefined) return ledger;
    throw new SignalboxError(
      'PERSISTENCE_NOT_FOUND',
      'this scheduler has no store, so it knows no earlier runs',
      {
        hint: "give it one: new Scheduler({ store: sqliteStore('runs.db') })",
      },
    );
  }
}

/** A run that ended well is not run again; a child run gives its parent whatever end that saw before. */
function isAnswer(
  recorded: RecordedRun,
  style: StyleDefinition | undefined,
  parent: ReplayMode | undefined,
): boolean {
  if (recorded.path !== 'succeeded') return parent === 'recover';
  return style?.isComplete?.(recorded) !== false;
}
