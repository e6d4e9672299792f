/**
 * Statecharts as tables: the same behaviour as the interpreter at a small part of its cost.
 *
 * Owns: choosing the edge (guards), making the next snapshot (assigns, output), and the ActorLogic face that
 * XState actors and inspectors expect. Does not own: reading the chart (table.ts), performing commands.
 * Equality with the interpreter is proven state by state in test/machines/equivalence.test.ts. Differences meant:
 * - (D1) a taken edge always makes a new snapshot, so `next === snapshot` says refused and nothing else;
 *   the interpreter gives the same object for a transition that has neither target nor assign.
 * - (D2) `xstate.error.actor.*` is refused like any other unknown event; the interpreter fails the actor.
 * - (D3) what is no event at all (null, a number, no type) is refused; the interpreter throws.
 * - (D4) methods and what never varies (children, tags, history, machine) live on the prototype, and a
 *   persisted context is the context itself.
 * - (D5) assigners and output see `context` and `event` only, the context function `input` only.
 */
import {
  type ActorLogic,
  type ActorScope,
  type AnyStateMachine,
  type ContextFrom,
  type EventFrom,
  type EventObject,
  type InputFrom,
  type MachineContext,
  matchesState,
  type OutputFrom,
  type Snapshot,
  type SnapshotStatus,
  type StateNode,
  type StateValue,
} from 'xstate';
import { type Assigners, type Edge, type Leaf, type Table, tabulate } from './table.ts';

export type { Edge, Leaf } from './table.ts';

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});
const STOP = 'xstate.stop';

/** The fields and methods of a snapshot, as XState's machine snapshots have them, and its `leaf`. */
export class State<TContext, TEvent> {
  readonly status: SnapshotStatus;
  readonly output: unknown;
  readonly error: unknown;
  readonly value: StateValue;
  readonly context: TContext;
  readonly leaf: Leaf;

  constructor(leaf: Leaf, context: TContext, status: SnapshotStatus, output: unknown, error: unknown) {
    this.status = status;
    this.output = output;
    this.error = error;
    this.value = leaf.value;
    this.context = context;
    this.leaf = leaf;
  }

  get machine(): AnyStateMachine {
    return this.leaf.machine;
  }
  get children(): Readonly<Record<string, never>> {
    return NOTHING;
  }
  get historyValue(): Readonly<Record<string, never>> {
    return NOTHING;
  }
  get tags(): Set<string> {
    return new Set(this._nodes.flatMap((node) => node.tags));
  }
  /** The active state nodes, root first; some of XState's helpers read it. */
  get _nodes(): readonly StateNode[] {
    return this.leaf.nodes;
  }

  matches(value: StateValue): boolean {
    return matchesState(value, this.value);
  }
  can(event: TEvent): boolean {
    return findEdge(this, event) !== undefined;
  }
  hasTag(tag: string): boolean {
    return this.tags.has(tag);
  }
  getMeta(): Record<string, unknown> {
    return Object.fromEntries(
      this._nodes.flatMap(({ id, meta }) => (meta === undefined ? [] : [[id, meta]])),
    );
  }
  toJSON(): object {
    const { status, output, error, context, value, children, historyValue, tags } = this;
    return { status, output, error, context, value, children, historyValue, tags: [...tags] };
  }
}

export type CompiledSnapshot<TContext, TEvent, TOutput> = State<TContext, TEvent> & Snapshot<TOutput>;

export interface CompiledMachine<TContext, TEvent extends EventObject, TInput, TOutput>
  extends ActorLogic<CompiledSnapshot<TContext, TEvent, TOutput>, TEvent, TInput> {
  readonly id: string;
  /** The chart this was made from. */
  readonly machine: AnyStateMachine;
  readonly leaves: readonly Leaf[];
  /** Where an actor begins; no scope needed. */
  initial(input: TInput): CompiledSnapshot<TContext, TEvent, TOutput>;
  /** The edge that the event takes, or undefined: refused (T1).  */
  edgeFor(snapshot: CompiledSnapshot<TContext, TEvent, TOutput>, event: TEvent): Edge | undefined;
  /** What is on the other side: always a new snapshot. Commands are not executed. */
  follow(
    snapshot: CompiledSnapshot<TContext, TEvent, TOutput>,
    edge: Edge,
    event: TEvent,
  ): CompiledSnapshot<TContext, TEvent, TOutput>;
}

function findEdge(snapshot: State<unknown, never>, event: unknown): Edge | undefined {
  const type = (event as EventObject | undefined)?.type;
  for (const edge of snapshot.leaf.edges) {
    if (edge.eventType !== type) continue;
    if (edge.guard === undefined || edge.guard({ context: snapshot.context, event })) return edge;
  }
  return undefined;
}

type Scope<TContext, TEvent extends EventObject, TOutput> = ActorScope<
  CompiledSnapshot<TContext, TEvent, TOutput>,
  TEvent
>;

/** The scope's `self` takes the chart's events alone; XState's type of an executable takes any. */
type Executable = Parameters<ActorScope<Snapshot<unknown>, EventObject>['actionExecutor']>[0];

class Chart<TContext extends MachineContext, TEvent extends EventObject, TInput, TOutput>
  implements CompiledMachine<TContext, TEvent, TInput, TOutput>
{
  readonly id: string;
  readonly machine: AnyStateMachine;
  readonly config: unknown;
  readonly leaves: readonly Leaf[];
  readonly #table: Table;
  /** By leaf index: what an output function is told. */
  readonly #doneEvents: readonly EventObject[];
  readonly #byValue: ReadonlyMap<string, Leaf>;

  constructor(table: Table) {
    this.#table = table;
    this.machine = table.machine;
    this.config = table.machine.config;
    this.id = table.machine.id;
    this.leaves = table.leaves;
    this.#doneEvents = table.leaves.map(({ path }) => ({
      type: `xstate.done.state.${this.id}.${path}`,
      output: undefined,
    }));
    this.#byValue = new Map(table.leaves.map((leaf) => [JSON.stringify(leaf.value), leaf]));
  }

  initial(input: TInput): CompiledSnapshot<TContext, TEvent, TOutput> {
    const { context } = this.machine.config;
    return this.#make(
      this.#table.initial,
      typeof context === 'function' ? context({ input }) : context,
      'active',
      undefined,
      undefined,
    );
  }

  edgeFor(snapshot: CompiledSnapshot<TContext, TEvent, TOutput>, event: TEvent): Edge | undefined {
    return findEdge(snapshot, event);
  }

  follow(
    snapshot: CompiledSnapshot<TContext, TEvent, TOutput>,
    edge: Edge,
    event: TEvent,
  ): CompiledSnapshot<TContext, TEvent, TOutput> {
    let context: unknown = snapshot.context;
    for (const assign of edge.assigns) context = assign({ context, event });
    return this.#arrive(snapshot, edge.target, context as TContext);
  }

  /** Executes the commands between the assigns, each with the context of its moment. */
  transition(
    snapshot: CompiledSnapshot<TContext, TEvent, TOutput>,
    event: TEvent,
    scope: Scope<TContext, TEvent, TOutput>,
  ): CompiledSnapshot<TContext, TEvent, TOutput> {
    const edge = this.edgeFor(snapshot, event);
    let next = snapshot;
    if (edge !== undefined) next = this.#perform(snapshot, edge, event, scope);
    else if (event?.type === STOP)
      next = this.#make(snapshot.leaf, snapshot.context, 'stopped', snapshot.output, snapshot.error);
    (scope.system as typeof scope.system & Inspected)._sendInspectionEvent({
      type: '@xstate.microstep',
      actorRef: scope.self,
      event,
      snapshot: next,
      _transitions: edge === undefined ? [] : [edge.definition],
    });
    return next;
  }

  getInitialSnapshot(_: unknown, input: TInput): CompiledSnapshot<TContext, TEvent, TOutput> {
    return this.initial(input);
  }

  getPersistedSnapshot(snapshot: CompiledSnapshot<TContext, TEvent, TOutput>): Snapshot<unknown> {
    const { status, output, error, value, context } = snapshot;
    const persisted = { status, output, error, value, historyValue: NOTHING, context, children: NOTHING };
    return persisted as Snapshot<unknown>;
  }

  /** @throws Error when the value names no state of the chart. */
  restoreSnapshot(persisted: Snapshot<unknown>): CompiledSnapshot<TContext, TEvent, TOutput> {
    const { status, output, error, value, context } = persisted as State<TContext, TEvent>;
    return this.#make(this.#leafOf(value), context, status, output, error);
  }

  /** What the interpreter's `definition` is: inspectors draw it. */
  toJSON(): unknown {
    return this.machine.toJSON();
  }

  #make(leaf: Leaf, context: TContext, status: SnapshotStatus, output: unknown, error: unknown) {
    const state = new State<TContext, TEvent>(leaf, context, status, output, error);
    return state as CompiledSnapshot<TContext, TEvent, TOutput>;
  }

  #arrive(snapshot: CompiledSnapshot<TContext, TEvent, TOutput>, leaf: Leaf, context: TContext) {
    if (!leaf.final) return this.#make(leaf, context, snapshot.status, snapshot.output, snapshot.error);
    return this.#make(leaf, context, 'done', this.#outputOf(context, leaf), snapshot.error);
  }

  #outputOf(context: TContext, leaf: Leaf): unknown {
    const output: unknown = this.machine.root.output;
    return typeof output === 'function' ? output({ context, event: this.#doneEvents[leaf.index] }) : output;
  }

  #perform(
    snapshot: CompiledSnapshot<TContext, TEvent, TOutput>,
    edge: Edge,
    event: TEvent,
    scope: Scope<TContext, TEvent, TOutput>,
  ) {
    const { self, system, actionExecutor } = scope;
    let context: unknown = snapshot.context;
    for (const step of edge.steps) {
      if (step.kind === 'assign') context = step.assign({ context, event });
      else {
        const info = { context: context as TContext, event, self, system };
        const action: object = { type: step.name, info, params: undefined, exec: step.exec };
        actionExecutor(action as Executable);
      }
    }
    return this.#arrive(snapshot, edge.target, context as TContext);
  }

  #leafOf(value: StateValue): Leaf {
    const known = this.#byValue.get(JSON.stringify(value));
    if (known !== undefined) return known;
    const whole = this.machine.resolveState({ value, context: {} }).value;
    const completed = this.#byValue.get(JSON.stringify(whole));
    if (completed === undefined) throw new Error(`${JSON.stringify(value)} is no state of ${this.id}`);
    return completed;
  }
}

interface Inspected {
  _sendInspectionEvent(event: object): void;
}

/**
 * Compiles a chart to a table-driven actor logic.
 *
 * `assigners`: `'partial'` (default) merges what a function assigner returns into the context, as XState does;
 * `'whole'` promises that every function assigner returns the whole context and takes it as it is.
 * @throws Error at load for what the table cannot express exactly; see `tabulate`.
 */
export function compile<TMachine extends AnyStateMachine>(
  machine: TMachine,
  options: { readonly assigners?: Assigners } = {},
): Compiled<TMachine> {
  return fromTable(tabulate(machine, options.assigners));
}

/** The logic of a table that is already made; tests use it to run altered ones. */
export function fromTable<TMachine extends AnyStateMachine>(table: Table): Compiled<TMachine> {
  return new Chart(table);
}

export type Compiled<TMachine extends AnyStateMachine> = CompiledMachine<
  ContextFrom<TMachine>,
  EventFrom<TMachine>,
  InputFrom<TMachine>,
  OutputFrom<TMachine>
>;
