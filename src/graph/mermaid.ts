/** A graph as a Mermaid flowchart. Pure; equal graphs in equal states give equal text. */
import type { GraphNode } from './node.ts';

/** Colours by status; finally tasks are dashed. Readable on light and dark pages. */
const CLASSES = [
  'classDef pending fill:#eceff1,stroke:#78909c,color:#263238',
  'classDef running fill:#bbdefb,stroke:#1976d2,color:#0d2b45',
  'classDef succeeded fill:#c8e6c9,stroke:#2e7d32,color:#12310f',
  'classDef failed fill:#ffcdd2,stroke:#c62828,color:#470c0c',
  'classDef cancelled fill:#e0e0e0,stroke:#616161,color:#212121',
  'classDef blocked fill:#ffe0b2,stroke:#ef6c00,color:#4a2300',
  'classDef finally stroke-dasharray:6 4',
];

export function mermaidOf(nodes: readonly GraphNode[]): string {
  const byId = new Map(nodes.map((node) => [node.task.id, node]));
  const boxes = nodes.map((node) => `${nameOf(node)}["${textOf(node)}"]:::${node.task.status}`);
  const edges = nodes.flatMap((node) => {
    const arrow = node.placement.isFinally ? '-.->' : '-->';
    const parents = node.placement.after.map(({ id }) => byId.get(id));
    return parents.flatMap((one) => (one === undefined ? [] : [`${nameOf(one)} ${arrow} ${nameOf(node)}`]));
  });
  const dashed = nodes.filter(({ placement }) => placement.isFinally).map(nameOf);
  const marks = dashed.length === 0 ? [] : [`class ${dashed.join(',')} finally`];
  const lines = [...boxes, ...edges, ...marks, ...CLASSES];
  return `${['flowchart TD', ...lines.map((line) => `  ${line}`)].join('\n')}\n`;
}

/** By place, so that the text stays the same when a program builds the graph again. */
function nameOf({ index }: GraphNode): string {
  return `n${index}`;
}

function textOf({ task: { title, kind }, placement }: GraphNode): string {
  const text = escaped(title.trim() === '' ? kind : title);
  return placement.isOptional ? `${text} (optional)` : text;
}

/** Mermaid writes special characters as `#code;`; a line break is the one tag that is ours. */
function escaped(text: string): string {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
  return lines.map((line) => line.replace(/[^\p{L}\p{N} .,:/+=!?'()-]/gu, codeOf)).join('<br/>');
}

function codeOf(char: string): string {
  return `#${char.codePointAt(0)};`;
}
