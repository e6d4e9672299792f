/**
 * Is the comparison sharp? Every edge of every compiled table is broken in every way this file knows, one at a
 * time, and the comparison must notice each. Hunts: a test that would pass whatever the table said.
 */
import { describe, expect, it } from 'vitest';
import { fromTable } from '../../machines/compile.ts';
import { type Edge, type Leaf, type Step, type Table, tabulate } from '../../machines/table.ts';
import { type Difference, differences, type Fact, type Logic, type Seen } from './compare.ts';
import { NAMES, type Name, SUBJECTS, seenOf } from './subjects.ts';

interface Mutant {
  readonly what: string;
  /** The leaf whose states show it. */
  readonly leaf: Leaf;
  /** Breaks the table; undefined where the operator does not apply. */
  readonly table: Table;
}

type Operator = (edge: Edge, table: Table) => Edge | undefined;

const withSteps = (edge: Edge, steps: readonly Step[]): Edge => ({
  ...edge,
  steps,
  commands: steps.flatMap((step) => (step.kind === 'command' ? [step.name] : [])),
  assigns: steps.flatMap((step) => (step.kind === 'assign' ? [step.assign] : [])),
});

const without = (edge: Edge, index: number): Edge | undefined =>
  index < edge.steps.length ? withSteps(edge, edge.steps.toSpliced(index, 1)) : undefined;

const swapped = (edge: Edge, index: number): Edge | undefined => {
  const [one, two] = edge.steps.slice(index, index + 2);
  return one === undefined || two === undefined
    ? undefined
    : withSteps(edge, edge.steps.toSpliced(index, 2, two, one));
};

const OPERATORS: Readonly<Record<string, Operator>> = {
  'leads one leaf further': (edge, { leaves }) => {
    const target = leaves[(edge.target.index + 1) % leaves.length];
    return target === undefined ? undefined : { ...edge, target };
  },
  'leads nowhere': (edge) => (edge.target === edge.source ? undefined : { ...edge, target: edge.source }),
  'listens to another event': (edge) => ({ ...edge, eventType: 'NOPE' }),
  'has its guard inverted': (edge) => {
    const { guard } = edge;
    return guard === undefined ? undefined : { ...edge, guard: (args) => !guard(args) };
  },
  'has no guard': (edge) => (edge.guard === undefined ? undefined : { ...edge, guard: undefined }),
  'is never taken': (edge) => ({ ...edge, guard: () => false }),
  'assigns nothing': (edge) =>
    edge.assigns.length === 0
      ? undefined
      : withSteps(
          edge,
          edge.steps.filter((step) => step.kind === 'command'),
        ),
  'hides its commands from the runtime': (edge) =>
    edge.commands.length === 0 ? undefined : { ...edge, commands: [] },
  'hides its assigns from follow()': (edge) =>
    edge.assigns.length === 0 ? undefined : { ...edge, assigns: [] },
  'has another definition': (edge) => ({ ...edge, definition: {} }),
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6].map((at) => [`lacks step ${at}`, (edge: Edge) => without(edge, at)]),
  ),
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5].map((at) => [`swaps step ${at}`, (edge: Edge) => swapped(edge, at)]),
  ),
};

/**
 * Survivors that are no bugs, with the reason; each must survive, or it is stale.
 */
const EQUIVALENT: Readonly<Record<string, string>> = {
  'task queued.held UNHOLD [unreleased] is asked after [inBackoff]':
    'a task in back-off has run, so it was released: the two guards never hold together',
  'task queued.held HOLD_OVER [holdOverUnreleased] is asked after [holdOverInBackoff]': 'the same',
};

function* mutantsOf(name: Name): Generator<Mutant> {
  const { machine } = SUBJECTS[name];
  const count = tabulate(machine, 'whole').leaves.length;
  for (let index = 0; index < count; index++) {
    yield* brokenEdges(name, index);
    yield* brokenOrders(name, index);
    yield brokenEnd(name, index);
  }
}

/** A fresh table each time: leaves hold their edges. */
function fresh(name: Name, index: number): { table: Table; leaf: Leaf } {
  const table = tabulate(SUBJECTS[name].machine, 'whole');
  return { table, leaf: table.leaves[index] as Leaf };
}

const title = (edge: Edge): string => `${edge.source.path} ${edge.eventType} [${edge.guardName ?? 'always'}]`;

function* brokenEdges(name: Name, index: number): Generator<Mutant> {
  for (const at of fresh(name, index).leaf.edges.keys()) {
    for (const [what, operator] of Object.entries(OPERATORS)) {
      const { table, leaf } = fresh(name, index);
      const edge = leaf.edges[at] as Edge;
      const broken = operator(edge, table);
      if (broken === undefined) continue;
      leaf.offer(leaf.edges.with(at, broken));
      yield { what: `${title(edge)} ${what}`, leaf, table };
    }
    const { table, leaf } = fresh(name, index);
    const edge = leaf.edges[at] as Edge;
    leaf.offer(leaf.edges.toSpliced(at, 1));
    yield { what: `${title(edge)} is missing`, leaf, table };
  }
}

/** Two edges of one event type, asked in the other order. */
function* brokenOrders(name: Name, index: number): Generator<Mutant> {
  const { length } = fresh(name, index).leaf.edges;
  for (let at = 0; at + 1 < length; at++) {
    const { table, leaf } = fresh(name, index);
    const [one, two] = leaf.edges.slice(at, at + 2) as [Edge, Edge];
    if (one.eventType !== two.eventType) continue;
    leaf.offer(leaf.edges.toSpliced(at, 2, two, one));
    yield { what: `${title(one)} is asked after [${two.guardName ?? 'always'}]`, leaf, table };
  }
}

function brokenEnd(name: Name, index: number): Mutant {
  const { table, leaf } = fresh(name, index);
  Object.assign(leaf, { final: !leaf.final });
  return { what: `${leaf.path} is ${leaf.final ? '' : 'not '}final`, leaf, table };
}

const byLeaf = new Map<string, Fact[]>();

/** The states of the leaf alone: its own edges and its own description show the fault. */
function about(name: Name, leaf: Leaf): Seen {
  const seen = seenOf(name);
  const key = `${name} ${leaf.path}`;
  const value = JSON.stringify(leaf.value);
  const facts = byLeaf.get(key) ?? seen.facts.filter(({ at }) => JSON.stringify(at.value) === value);
  byLeaf.set(key, facts);
  return { ...seen, facts };
}

function noticed({ leaf, table }: Mutant, name: Name): Difference | undefined {
  const logic = fromTable(table) as unknown as Logic;
  return differences(about(name, leaf), logic).next().value ?? undefined;
}

/** How many mutants there are, so that they cannot silently become fewer. */
const COUNTS: Record<Name, number> = { task: 1380, stage: 211, pipeline: 486, supervisor: 101 };

describe.each(NAMES)('the comparison of the %s chart', (name) => {
  it('notices every mutant of the compiled table', () => {
    let count = 0;
    const survivors: string[] = [];
    for (const mutant of mutantsOf(name)) {
      count++;
      if (noticed(mutant, name) === undefined) survivors.push(`${name} ${mutant.what}`);
    }
    expect(survivors).toEqual(Object.keys(EQUIVALENT).filter((what) => what.startsWith(`${name} `)));
    expect(count).toBe(COUNTS[name]);
  });
});
