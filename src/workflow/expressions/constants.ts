/** Values that are written out: in the arguments of filters, and in lists that need no evaluation. */
import { isSymbol, split } from './grouping.ts';
import type { Group, Node } from './syntax.ts';

/** Wrapped, since null is a value; undefined for anything that is no constant. */
export interface Constant {
  readonly value: unknown;
}

export function constantOf(nodes: readonly Node[]): Constant | undefined {
  const [first, second] = nodes;
  if (nodes.length === 2 && isSymbol(first, '-')) return negative(second);
  if (nodes.length !== 1 || first === undefined) return undefined;
  if (first.kind === 'group') return collection(first);
  return first.kind === 'operand' && first.operand.kind === 'literal'
    ? { value: first.operand.value }
    : undefined;
}

/** A list of constants, or undefined. */
export function constantList(group: Group): Constant | undefined {
  if (group.nodes.length === 0) return { value: [] };
  const items = split(group.nodes, ',').map(constantOf);
  return items.every((item) => item !== undefined) ? { value: items.map((item) => item.value) } : undefined;
}

function negative(node: Node | undefined): Constant | undefined {
  const constant = node === undefined ? undefined : constantOf([node]);
  return typeof constant?.value === 'number' ? { value: -constant.value } : undefined;
}

function collection(group: Group): Constant | undefined {
  if (group.open === '[') return constantList(group);
  return group.open === '{' ? constantMap(group) : undefined;
}

function constantMap(group: Group): Constant | undefined {
  if (group.nodes.length === 0) return { value: {} };
  const entries = split(group.nodes, ',').map((part) => {
    const key = constantOf(part.slice(0, 1));
    const value = isSymbol(part[1], ':') ? constantOf(part.slice(2)) : undefined;
    return typeof key?.value === 'string' && value !== undefined
      ? ([key.value, value.value] as const)
      : undefined;
  });
  return entries.every((entry) => entry !== undefined) ? { value: Object.fromEntries(entries) } : undefined;
}
