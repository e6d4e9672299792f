/**
 * A statechart flattened: its leaves, and for every leaf and event type the edges to try, in order.
 *
 * Owns: reading an XState machine and proving it simple. Does not own: running it (compile.ts).
 * Invariants: (C1) whatever the flat form cannot express is refused at load, never approximated;
 * (C2) the steps of an edge are in the order of the SCXML algorithm: exits inner to outer, the transition's own,
 * entries outer to inner; (C3) an edge belongs to one leaf, so that nothing is searched at run time.
 */
import type { AnyStateMachine, StateNode, StateValue } from 'xstate';

/** A state in which nothing is left open: `queued.eligible`, `succeeded`. */
export class Leaf {
  readonly index: number;
  /** `queued.eligible` */
  readonly path: string;
  /** The top-level key: `queued`. */
  readonly state: string;
  /** The nested key, `eligible`, if there is one. */
  readonly phase: string | undefined;
  /** XState's value, shared and frozen. */
  readonly value: StateValue;
  readonly final: boolean;
  readonly #nodes: readonly StateNode[];
  #edges: readonly Edge[] = [];

  constructor(node: StateNode, index: number) {
    const [state, phase] = node.path as [string, string?];
    this.index = index;
    this.path = node.path.join('.');
    this.state = state;
    this.phase = phase;
    this.value = phase === undefined ? state : Object.freeze({ [state]: phase });
    this.final = node.type === 'final';
    this.#nodes = chainTo(node);
  }

  /** The active nodes, root first. */
  get nodes(): readonly StateNode[] {
    return this.#nodes;
  }

  get machine(): AnyStateMachine {
    return (this.#nodes[0] as StateNode).machine;
  }

  /**
   * What may be taken from here: the first edge of the event's type whose guard holds. A list, because a leaf
   * has a dozen edges at most and comparing their types is quicker than hashing the event's.
   */
  get edges(): readonly Edge[] {
    return this.#edges;
  }

  /** Given once, when all leaves are known. */
  offer(edges: readonly Edge[]): void {
    this.#edges = edges;
  }
}

export interface Args {
  readonly context: unknown;
  readonly event: unknown;
}
export type Guard = (args: Args) => boolean;
export type Assigner = (args: Args) => object;

/** A command is a named action that does nothing by itself; an assign makes the next context. */
export type Step =
  | { readonly kind: 'command'; readonly name: string; readonly exec: unknown }
  | { readonly kind: 'assign'; readonly assign: Assigner };

export interface Edge {
  readonly source: Leaf;
  readonly target: Leaf;
  readonly eventType: string;
  readonly guardName: string | undefined;
  readonly guard: Guard | undefined;
  /** Commands and assigns in order; the two lists below are its halves. */
  readonly steps: readonly Step[];
  readonly commands: readonly string[];
  readonly assigns: readonly Assigner[];
  /** XState's own description of the transition, for inspectors. */
  readonly definition: unknown;
}

export interface Table {
  readonly machine: AnyStateMachine;
  readonly initial: Leaf;
  readonly leaves: readonly Leaf[];
}

/** How function assigners are read; see `compile`. */
export type Assigners = 'partial' | 'whole';

type Transition = NonNullable<ReturnType<StateNode['transitions']['get']>>[number];

function refuse(machine: AnyStateMachine, where: string, what: string): never {
  throw new Error(`cannot compile ${machine.id}: ${where} has ${what}; keep it to the interpreter`);
}

/** (C1) for one state; transitions are proven where they are read. */
function checkNode(machine: AnyStateMachine, node: StateNode): void {
  const stop = (what: string): never => refuse(machine, node.id, what);
  if (node.type === 'parallel' || node.type === 'history') stop(`the type ${node.type}`);
  if (node.path.length > 2) stop('more than two levels');
  if (node.always !== undefined) stop('an eventless transition');
  if (node.config.after !== undefined) stop('a delayed transition');
  if (node.invoke.length > 0) stop('an invoked actor');
  if (node.type === 'compound' && node.initial.actions.length > 0) stop('actions on its initial transition');
  if (node.type === 'final') checkFinal(node, stop);
}

function checkFinal(node: StateNode, stop: (what: string) => never): void {
  if (node.path.length !== 1) stop('an end that is not the end of the machine');
  if (node.output !== undefined) stop('an output of its own');
  if (node.exit.length > 0) stop('exit actions although it is final');
  if (node.transitions.size > 0) stop('transitions although it is final');
}

function checkRoot(machine: AnyStateMachine, root: StateNode): void {
  if (root.type !== 'compound') refuse(machine, root.id, `the type ${root.type}`);
  if (root.transitions.size > 0) refuse(machine, root.id, 'transitions on the root');
  if (root.entry.length + root.exit.length > 0) refuse(machine, root.id, 'actions on the root');
  const begin = chainTo(descend(root));
  if (begin.some((node) => node.entry.length > 0))
    refuse(machine, root.id, 'entry actions where the machine begins');
  if (begin.some((node) => node.type === 'final'))
    refuse(machine, root.id, 'an end where the machine begins');
}

const childrenOf = (node: StateNode): StateNode[] => Object.values(node.states);

function nodesOf(root: StateNode): StateNode[] {
  return [root, ...childrenOf(root).flatMap(nodesOf)];
}

/** From the root down to the node, both included. */
function chainTo(node: StateNode): StateNode[] {
  return node.parent === undefined ? [node] : [...chainTo(node.parent), node];
}

function descend(node: StateNode): StateNode {
  const first = node.type === 'compound' ? node.initial.target[0] : undefined;
  return first === undefined ? node : descend(first);
}

/** The innermost node that stays active while the transition is taken; at the least the root. */
function domainOf(source: StateNode, target: StateNode): StateNode {
  const above = chainTo(target);
  if (above.includes(source)) return source;
  const kept = chainTo(source).filter((node) => node !== source && node !== target && above.includes(node));
  return kept.at(-1) as StateNode;
}

/** An assign that mentions `spawn` starts actors; the flat form has no children. */
function proveNoSpawn(machine: AnyStateMachine, name: string, assignment: unknown): void {
  if (typeof assignment === 'function' && /\bspawn\b/.test(String(assignment)))
    refuse(machine, `assign ${name}`, 'a call of spawn');
}

function assignerOf(machine: AnyStateMachine, name: string, assignment: object, mode: Assigners): Assigner {
  for (const part of [assignment, ...Object.values(assignment)]) proveNoSpawn(machine, name, part);
  if (typeof assignment === 'function') {
    const make = assignment as Assigner;
    return mode === 'whole' ? make : (args) => ({ ...Object(args.context), ...make(args) });
  }
  const parts = Object.entries(assignment);
  return (args) => {
    const next: Record<string, unknown> = { ...Object(args.context) };
    for (const [key, part] of parts) next[key] = typeof part === 'function' ? part(args) : part;
    return next;
  };
}

function stepOf(machine: AnyStateMachine, action: unknown, mode: Assigners): Step {
  const inline = typeof action === 'function';
  if (!inline && typeof action !== 'string') refuse(machine, 'an action', 'parameters');
  const name = inline ? action.name : String(action);
  const exec: unknown = inline ? action : machine.implementations.actions[name];
  if (typeof exec === 'function' && 'assignment' in exec)
    return { kind: 'assign', assign: assignerOf(machine, name, Object(exec.assignment), mode) };
  if (inline) refuse(machine, 'an action', `a function without a name in setup (${name})`);
  if (typeof exec === 'function' && 'resolve' in exec) refuse(machine, name, 'a built-in action');
  return { kind: 'command', name, exec };
}

function guardOf(machine: AnyStateMachine, transition: Transition): Guard | undefined {
  const { guard } = transition;
  if (guard === undefined) return undefined;
  const found: unknown = typeof guard === 'string' ? machine.implementations.guards[guard] : undefined;
  if (typeof found !== 'function' || 'check' in found)
    refuse(machine, String(transition.eventType), 'a guard that is not one named function');
  return found as Guard;
}

function checkTransition(machine: AnyStateMachine, transition: Transition): void {
  const type = String(transition.eventType);
  if (type.includes('*') || type.startsWith('xstate.')) refuse(machine, type, 'a reserved event type');
  if (transition.reenter) refuse(machine, type, 're-entry');
  if ((transition.target?.length ?? 0) > 1) refuse(machine, type, 'several targets');
  if (transition.target === undefined && transition.actions.length === 0)
    refuse(machine, type, 'a transition that does nothing');
}

/** (C2) What leaving, moving and entering ask for, in order. */
function actionsOf(from: StateNode, transition: Transition, to: StateNode): readonly unknown[] {
  const target = transition.target?.[0];
  if (target === undefined) return transition.actions;
  const depth = domainOf(transition.source, target).path.length;
  const left = chainTo(from).slice(depth + 1);
  const entered = chainTo(to).slice(depth + 1);
  return [
    ...left.reverse().flatMap((node) => node.exit),
    ...transition.actions,
    ...entered.flatMap((node) => node.entry),
  ];
}

/** Every node without children has its leaf. */
function at(leaves: ReadonlyMap<StateNode, Leaf>, node: StateNode): Leaf {
  return leaves.get(node) as Leaf;
}

function edgesOf(
  machine: AnyStateMachine,
  from: StateNode,
  leaves: ReadonlyMap<StateNode, Leaf>,
  mode: Assigners,
): Edge[] {
  /** An inner state is asked before the one around it. */
  const offered = chainTo(from)
    .reverse()
    .flatMap((node) => [...node.transitions.values()].flat());
  return offered.map((transition) => {
    checkTransition(machine, transition);
    const to = descend(transition.target?.[0] ?? from);
    const steps = actionsOf(from, transition, to).map((action) => stepOf(machine, action, mode));
    return {
      source: at(leaves, from),
      target: at(leaves, to),
      eventType: String(transition.eventType),
      guardName: transition.guard === undefined ? undefined : String(transition.guard),
      guard: guardOf(machine, transition),
      steps,
      commands: steps.flatMap((step) => (step.kind === 'command' ? [step.name] : [])),
      assigns: steps.flatMap((step) => (step.kind === 'assign' ? [step.assign] : [])),
      definition: transition,
    };
  });
}

/**
 * Flattens a machine.
 * @throws Error naming the state and the feature if the machine is not simple (C1): eventless and delayed
 * transitions, invoked or spawned actors, parallel and history states, wildcards, re-entry, guards made of
 * guards, parameters, built-in actions other than assign, actions or transitions on the root.
 */
export function tabulate(machine: AnyStateMachine, mode: Assigners = 'partial'): Table {
  const root: StateNode = machine.root;
  for (const node of nodesOf(root)) checkNode(machine, node);
  checkRoot(machine, root);
  const leaves = new Map<StateNode, Leaf>();
  for (const node of nodesOf(root)) {
    if (node.type !== 'compound') leaves.set(node, new Leaf(node, leaves.size));
  }
  for (const [node, leaf] of leaves) leaf.offer(edgesOf(machine, node, leaves, mode));
  return { machine, initial: at(leaves, descend(root)), leaves: [...leaves.values()] };
}
