/** Tokens in brackets become groups, so that everything else looks at one level only. */

import { EXPRESSION_DEPTH } from '../../core/limits.ts';
import { errorAt } from './faults.ts';
import type { Group, Node, Token } from './syntax.ts';

const CLOSING = { '(': ')', '[': ']', '{': '}' } as const;

interface Open {
  readonly open: Group['open'];
  readonly start: number;
  readonly nodes: Node[];
}

export function grouped(tokens: readonly Token[]): readonly Node[] {
  const stack: Open[] = [];
  const top: Node[] = [];
  for (const token of tokens) {
    const nodes = stack.at(-1)?.nodes ?? top;
    if (token.kind !== 'symbol') {
      nodes.push(token);
      continue;
    }
    const bracket = token.text;
    if (bracket === '(' || bracket === '[' || bracket === '{') {
      if (stack.length === EXPRESSION_DEPTH)
        throw errorAt(token, `brackets are nested more than ${EXPRESSION_DEPTH} deep here`);
      stack.push({ open: bracket, start: token.start, nodes: [] });
    } else if (bracket === ')' || bracket === ']' || bracket === '}') close(stack, top, token);
    else nodes.push(token);
  }
  const open = stack.at(-1);
  if (open !== undefined)
    throw errorAt(
      { start: open.start, end: open.start + 1 },
      `this ${open.open} is not closed`,
      `write the closing ${CLOSING[open.open]}`,
    );
  return top;
}

function close(stack: Open[], top: Node[], token: Extract<Token, { kind: 'symbol' }>): void {
  const open = stack.pop();
  if (open === undefined) throw errorAt(token, `nothing is open that this ${token.text} could close`);
  if (CLOSING[open.open] !== token.text)
    throw errorAt(token, `this ${token.text} cannot close the ${open.open}`, `write ${CLOSING[open.open]}`);
  const group: Group = {
    kind: 'group',
    open: open.open,
    nodes: open.nodes,
    start: open.start,
    end: token.end,
  };
  (stack.at(-1)?.nodes ?? top).push(group);
}

export function isSymbol(node: Node | undefined, ...texts: readonly string[]): boolean {
  return node?.kind === 'symbol' && texts.includes(node.text);
}

/** The nodes between separators; one empty part for no nodes at all. */
export function split(
  nodes: readonly Node[],
  ...separators: readonly string[]
): readonly (readonly Node[])[] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (isSymbol(node, ...separators)) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts;
}
