/** A statechart as Mermaid text: every state, every transition, with guard and effects. Pure and deterministic. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { COMMANDS } from '../machines/protocol.ts';

/** Assigns are the machine's own bookkeeping; a reader of the picture wants the effects. */
const EFFECTS: ReadonlySet<string> = new Set(COMMANDS.filter((command) => command !== 'record'));

export function toMermaid(machine: AnyStateMachine): string {
  const lines = [
    `%% Generated from machines/${machine.id}.ts by npm run visualize. Do not edit.`,
    'stateDiagram-v2',
  ];
  describe(machine.root, '  ', lines);
  return `${lines.join('\n')}\n`;
}

/** Ids of Mermaid know no dots: `queued.held` is `queued_held`. */
const idOf = (node: AnyStateNode): string => node.path.join('_');

function describe(parent: AnyStateNode, indent: string, lines: string[]): void {
  const children = Object.values(parent.states) as AnyStateNode[];
  const [first] = parent.initial?.target ?? [];
  if (first !== undefined) lines.push(`${indent}[*] --> ${idOf(first)}`);
  for (const node of children) {
    lines.push(`${indent}${idOf(node)}: ${node.key}`);
    if (Object.keys(node.states).length > 0) {
      lines.push(`${indent}state ${idOf(node)} {`);
      describe(node, `${indent}  `, lines);
      lines.push(`${indent}}`);
    }
    if (node.type === 'final') lines.push(`${indent}${idOf(node)} --> [*]`);
  }
  for (const node of children) for (const line of transitionsOf(node)) lines.push(`${indent}${line}`);
}

function transitionsOf(node: AnyStateNode): string[] {
  return [...node.transitions.values()].flat().map((transition) => {
    const target = transition.target?.[0] ?? node;
    const guard = nameOf(transition.guard);
    const effects = transition.actions.map(nameOf).filter((name) => name !== undefined && EFFECTS.has(name));
    const label = [
      transition.eventType,
      guard === undefined ? '' : `[${guard}]`,
      effects.length === 0 ? '' : `/ ${effects.join(', ')}`,
    ];
    return `${idOf(node)} --> ${idOf(target)}: ${label.filter((part) => part !== '').join(' ')}`;
  });
}

function nameOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  return typeof value.type === 'string' ? value.type : undefined;
}
