/**
 * Rows as live XState actors. The supervisor is the root of the actor system; every other actor is its child.
 * An actor's transition function *is* the supervisor's step, so a row has one lifecycle whether or not an
 * actor shows it.
 */
import {
  type ActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
  type Snapshot,
} from 'xstate';
import { pipelineLogic, stageLogic, supervisorLogic, taskLogic } from '../../machines/compiled.ts';
import type { SupervisorEvent } from '../../machines/protocol.ts';
import { createLeanActor, type LateEvents, type LeanActor } from './lean-actor.ts';
import { mayBeInspected } from './lean-internals.ts';
import type { Row } from './rows.ts';
import type { Supervisor } from './supervisor.ts';

export type InspectOption = NonNullable<Parameters<typeof createActor>[1]>['inspect'];

type Logic = ActorLogic<Snapshot<unknown>, AnyEventObject>;
type Root = ReturnType<typeof createActor>;

export class Actors {
  readonly #supervisor: Supervisor;
  readonly root: Root;
  readonly #logics: Readonly<Record<Row['kind'], Logic & LateEvents>>;
  /** Actors somebody asked for: they stay with their row after its end. */
  readonly #pinned = new WeakSet<Row>();

  constructor(supervisor: Supervisor, inspect: InspectOption) {
    this.#supervisor = supervisor;
    const logic = driven(supervisorLogic, (_, event) => {
      supervisor.applyMode(event as SupervisorEvent);
      return supervisor.mode as Snapshot<unknown>;
    });
    this.root = createActor(logic, { id: 'supervisor', ...(inspect === undefined ? {} : { inspect }) });
    this.root.start();
    const step = this.#step;
    const late = this.#late;
    this.#logics = {
      task: { ...driven(taskLogic, step), late },
      pipeline: { ...driven(pipelineLogic, step), late },
      stage: { ...driven(stageLogic, step), late },
    };
  }

  /** What is sent to a final actor is refused, and told, like anything else (T1). */
  readonly #late: LateEvents['late'] = (event, owner) => {
    this.#supervisor.host.refused(owner as Row, event as never);
  };

  readonly #step: Logic['transition'] = (before, event, scope) => {
    const row = (scope.self as unknown as LeanActor).owner as Row;
    this.#supervisor.fromActor(row, event as never);
    const after = row.snapshot as Snapshot<unknown>;
    if (mayBeInspected(scope.system as never)) tellInspector(row, event, before, after, scope);
    return after;
  };

  /** Makes the row's actor live. */
  make(row: Row): LeanActor {
    const actor = createLeanActor(this.#logics[row.kind], {
      parent: this.root as never,
      snapshot: row.snapshot as Snapshot<unknown>,
      live: true,
      silentDone: true,
      owner: row,
    });
    row.actor = actor;
    actor.start();
    return actor;
  }

  /** The actor somebody asks for; made on the spot for what is queued or final. */
  of(row: Row): AnyActorRef {
    this.#pinned.add(row);
    return (row.actor ?? this.make(row)) as unknown as AnyActorRef;
  }

  /** Lets go of the actor of a final row, unless somebody holds it. */
  drop(row: Row): void {
    if (!this.#pinned.has(row)) row.actor = undefined;
  }
}

/** A compiled chart whose transitions somebody else performs. */
function driven(compiled: CompiledFace, transition: Logic['transition']): Logic {
  return {
    config: compiled.machine.config,
    transition,
    getInitialSnapshot: (scope, input) => compiled.getInitialSnapshot(scope as never, input as never),
    getPersistedSnapshot: (snapshot) => compiled.getPersistedSnapshot(snapshot as never),
    toJSON: () => compiled.machine.toJSON(),
  } as Logic;
}

interface CompiledFace {
  readonly machine: AnyStateMachine;
  getInitialSnapshot(scope: never, input: never): Snapshot<unknown>;
  getPersistedSnapshot(snapshot: never): Snapshot<unknown>;
  restoreSnapshot?(snapshot: Snapshot<unknown>, scope: never): Snapshot<unknown>;
}

/** The microstep and the actions, as XState's own machines tell them. */
function tellInspector(
  row: Row,
  event: AnyEventObject,
  before: Snapshot<unknown>,
  snapshot: Snapshot<unknown>,
  scope: Parameters<Logic['transition']>[2],
): void {
  const logic = row.kind === 'task' ? taskLogic : row.kind === 'pipeline' ? pipelineLogic : stageLogic;
  const edge = logic.edgeFor(before as never, event as never);
  const system = scope.system as unknown as { _sendInspectionEvent(event: object): void };
  const actorRef = scope.self;
  for (const type of edge?.commands ?? []) {
    system._sendInspectionEvent({ type: '@xstate.action', actorRef, action: { type, params: undefined } });
  }
  const _transitions = edge === undefined ? [] : [edge.definition];
  system._sendInspectionEvent({ type: '@xstate.microstep', actorRef, event, snapshot, _transitions });
}
