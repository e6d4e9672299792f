/** `name` and `name(1, 'x', key=true)` after a `|`. */
import { type Constant, constantOf } from './constants.ts';
import { errorAt, type Span } from './faults.ts';
import { isSymbol, split } from './grouping.ts';
import type { FilterCall, Group, Node } from './syntax.ts';

/** @param bar where the `|` stands that these nodes follow, for a message when there are none */
export function filterCall(nodes: readonly Node[], bar: Span): FilterCall {
  const [head, group, next] = nodes;
  if (head === undefined) throw errorAt(bar, 'the name of a filter is missing after |');
  const extra = head.kind === 'function' ? next : group;
  if (extra !== undefined)
    throw errorAt(
      extra,
      'this cannot stand after a filter',
      'put `value | filter` in brackets to go on with it',
    );
  if (head.kind === 'function' && group?.kind === 'group')
    return { name: head.name, ...argumentsOf(group), start: head.start, end: group.end };
  return { name: plainName(head), args: [], named: {}, start: head.start, end: head.end };
}

function plainName(node: Node): string {
  const operand = node.kind === 'operand' ? node.operand : undefined;
  const step = operand?.kind === 'name' && operand.steps.length === 1 ? operand.steps[0] : undefined;
  if (step === undefined || step.optional)
    throw errorAt(
      node,
      'a filter is a name, with constants in brackets where it needs them',
      "for example | fmt('%Y')",
    );
  return String(step.key);
}

function argumentsOf(group: Group): Pick<FilterCall, 'args' | 'named'> {
  const args: unknown[] = [];
  const named = new Map<string, unknown>();
  const parts = group.nodes.length === 0 ? [] : split(group.nodes, ',');
  for (const part of parts) {
    const [first, equals] = part;
    const span = first ?? { start: group.end - 1, end: group.end };
    if (first === undefined) throw errorAt(span, 'an argument is missing here');
    if (isSymbol(equals, '=')) {
      const name = plainName(first);
      if (named.has(name)) throw errorAt(first, `the argument ${name} is given twice`);
      named.set(name, constantIn(part.slice(2), first).value);
    } else if (named.size > 0) throw errorAt(first, 'arguments without a name come first');
    else args.push(constantIn(part, first).value);
  }
  return { args, named: Object.fromEntries(named) };
}

function constantIn(nodes: readonly Node[], first: Node): Constant {
  const constant = constantOf(nodes);
  if (constant !== undefined) return constant;
  const span = { start: (nodes[0] ?? first).start, end: (nodes.at(-1) ?? first).end };
  throw errorAt(
    span,
    'arguments of filters are constants: texts in quotes, numbers, True, False, None, lists and maps of them',
    'put a text in quotes',
  );
}
