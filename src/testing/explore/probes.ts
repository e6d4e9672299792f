/**
 * Events that must be refused wherever they come (T1): without the runtime's token, of another attempt, out of
 * place, or after the end. Sending one must leave the world exactly as it was, and be reported as refused.
 */
import type { PipelineEvent, StageEvent, TaskEvent } from '../../../machines/protocol.ts';
import { RUNTIME } from '../../../machines/protocol.ts';
import type { PipelineRow, Row, StageRow, TaskRow } from '../../runtime/rows.ts';
import { keyOf } from './key.ts';
import { nameOf, type World } from './world.ts';

type AnyEvent = TaskEvent | PipelineEvent | StageEvent;

const FORGED = Symbol('signalbox.runtime');
const EXTERNAL = ['CANCEL', 'TERMINATE', 'HOLD', 'UNHOLD'];
/** Of the runtime: where a task may take them. */
const TASK_PLACES: Readonly<Record<string, string>> = {
  RELEASE: 'queued.waiting queued.held',
  BLOCK: 'queued',
  SKIP: 'queued',
  REFUSE: 'queued',
  ADMIT: 'queued.eligible',
  START: 'ready',
  SUCCEED: 'running.executing running.terminating',
  FAIL: 'running.executing running.terminating',
  ABORTED: 'running.executing running.terminating',
  SUSPEND: 'running.executing',
  WAKE: 'running.suspended',
  LOSE: 'running',
  RECOVER: 'ready',
  BACKOFF_OVER: 'queued.backoff',
  HOLD_OVER: 'queued.held',
  TIMEOUT: 'running.executing',
  GRACE_OVER: 'running.terminating',
};
const RUN_PLACES: Readonly<Record<string, string>> = {
  RELEASE: 'queued.waiting',
  BLOCK: 'queued',
  SKIP: 'queued',
  REFUSE: 'queued',
  ADMIT: 'queued.eligible',
  START: 'ready',
  SUCCEED: 'running.executing running.terminating',
  FAIL: 'running.executing running.terminating',
  ABORTED: 'running.executing running.terminating',
  SUSPEND: 'running.executing',
  WAKE: 'running.suspended',
  RECOVER: 'ready',
  GRACE_OVER: 'running.terminating',
};
const STAGE_PLACES: Readonly<Record<string, string>> = {
  REACH: 'queued',
  BEGIN: 'ready',
  CLOSE: 'queued ready running',
};
const OF_ATTEMPT = new Set('START SUCCEED FAIL ABORTED SUSPEND WAKE LOSE TIMEOUT GRACE_OVER'.split(' '));
/** Everything an event may carry, so that only what is wrong is wrong. */
const PAYLOAD = {
  parent: 'nobody',
  reason: 'skipped',
  error: undefined,
  value: undefined,
  timeoutAt: null,
  retryAt: null,
  at: Number.MAX_SAFE_INTEGER,
  tally: { succeeded: 0, failed: 0, cancelled: 0, blocked: 0 },
};

/** Rows in a situation that was probed before are not probed again. */
export class Probes {
  readonly #seen: Set<number>[] = [];

  /** What was not refused as it must be, as one sentence. */
  check(world: World): string | undefined {
    const { tasks, runs } = world;
    for (let i = 0; i < tasks.length; i += 1) {
      const wrong = this.#look(world, tasks[i], i);
      if (wrong !== undefined) return wrong;
    }
    for (let i = 0; i < runs.length; i += 1) {
      const wrong = this.#look(world, runs[i], tasks.length + i) ?? this.#lookAtStages(world, runs[i]);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #lookAtStages(world: World, run: PipelineRow | undefined): string | undefined {
    const place = world.tasks.length + world.runs.length;
    for (const stage of run?.stages ?? []) {
      const wrong = this.#look(world, stage, place);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #look(world: World, row: Row | undefined, place: number): string | undefined {
    if (row === undefined) return undefined;
    const { leaf, context } = row.snapshot;
    const situation = leaf.index * 256 + ('attempt' in context ? context.attempt : 0);
    this.#seen[place] ??= new Set();
    const seen = this.#seen[place];
    if (seen.has(situation)) return undefined;
    seen.add(situation);
    return probe(world, row);
  }
}

function probe(world: World, row: Row): string | undefined {
  const before = keyOf(world);
  for (const event of illegalEvents(row)) {
    const { snapshot } = row;
    const told = world.log.refused.length;
    const taken = send(world, row, event);
    const where = `the ${row.kind} ${nameOf(row)} in ${snapshot.leaf.path}`;
    if (taken || row.snapshot !== snapshot) return `${where} took an illegal ${describe(event)}`;
    if (world.log.refused.length !== told + 1)
      return `${where} did not report the illegal ${describe(event)}`;
  }
  const after = keyOf(world);
  if (after.low === before.low && after.high === before.high) return undefined;
  return `an event that the ${row.kind} ${nameOf(row)} refused changed something`;
}

function send({ supervisor }: World, row: Row, event: AnyEvent): boolean {
  const before = row.snapshot;
  if (row.kind === 'task') return supervisor.sendTask(row, event as TaskEvent);
  if (row.kind === 'pipeline') return supervisor.sendRun(row, event as PipelineEvent);
  supervisor.stepStage(row, event as StageEvent);
  return row.snapshot !== before;
}

function describe(event: AnyEvent): string {
  const token = 'token' in event ? (event.token === RUNTIME ? '' : ' without the token') : '';
  return `${event.type}${'attempt' in event ? ` of attempt ${event.attempt}` : ''}${token}`;
}

function illegalEvents(row: Row): AnyEvent[] {
  const places = row.kind === 'task' ? TASK_PLACES : row.kind === 'pipeline' ? RUN_PLACES : STAGE_PLACES;
  return [
    ...fromOutside(row),
    ...Object.entries(places).flatMap(([type, list]) => fromRuntime(row, type, list)),
  ];
}

/** The four that anybody may send, where they mean nothing. */
function fromOutside(row: TaskRow | PipelineRow | StageRow): AnyEvent[] {
  const { final, state } = row.snapshot.leaf;
  const wrong = EXTERNAL.filter(
    (type) =>
      final ||
      row.kind === 'stage' ||
      (type.endsWith('HOLD') && (row.kind === 'pipeline' || state !== 'queued')),
  );
  return [...wrong.map((type) => ({ type }) as AnyEvent), { type: 'NONSENSE' } as unknown as AnyEvent];
}

function fromRuntime(row: Row, type: string, list: string): AnyEvent[] {
  const { leaf, context } = row.snapshot;
  const current = 'attempt' in context ? context.attempt : 0;
  const expected = type === 'START' && !('suspended' in context && context.suspended) ? current + 1 : current;
  const make = (token: symbol | undefined, attempt: number) =>
    ({ ...PAYLOAD, type, token, attempt }) as unknown as AnyEvent;
  const events = [make(undefined, expected), make(FORGED, expected)];
  if (row.kind === 'task' && OF_ATTEMPT.has(type)) {
    for (const wrong of [expected - 1, expected + 1]) events.push(make(RUNTIME, wrong));
  }
  const inPlace = list.split(' ').some((place) => place === leaf.path || place === leaf.state);
  if (!inPlace) events.push(make(RUNTIME, expected));
  return events;
}
