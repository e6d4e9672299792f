/** A text with its YAML nodes: finds the place of a key, of a value, and of a character inside a value. */
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { Path } from '../model.ts';
import { offsetInFile } from './scalar-offsets.ts';
import type { Position, SourceText } from './source.ts';
import { isMergeKey, keyText } from './values.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Found {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

const TOP: Span = { start: 0, end: 0 };

export class YamlSource implements SourceText {
  readonly file: string;
  readonly text: string;
  readonly #root: Node | null;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #lines: LineCounter;
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

  constructor(
    file: string,
    text: string,
    nodes: {
      readonly root: Node | null;
      readonly targets: ReadonlyMap<Alias, Node>;
      readonly lines: LineCounter;
    },
  ) {
    this.file = file;
    this.text = text;
    this.#root = nodes.root;
    this.#targets = nodes.targets;
    this.#lines = nodes.lines;
  }

  locate(path: Path, part: 'key' | 'value' = 'value'): Position {
    return this.positionOf(this.spanOf(path, part).start);
  }

  positionOf(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), offset };
  }

  /** A value that is not written (`key:` alone) is where its key is. */
  spanOf(path: Path, part: 'key' | 'value'): Span {
    const { key, value } = this.#find(path);
    if (part === 'key' && key !== undefined) return spanOf(key);
    if (value === undefined) return key === undefined ? TOP : spanOf(key);
    const span = spanOf(value);
    return span.end === span.start && key !== undefined ? spanOf(key) : span;
  }

  /** Characters of the text at the path; as near as can be known. */
  spanInside(path: Path, offset: number, length: number): Span {
    const whole = this.spanOf(path, 'value');
    const { value } = this.#find(path);
    if (!isScalar(value)) return whole;
    const start = offsetInFile(value, this.text, offset);
    if (start === undefined) return whole;
    const last = offsetInFile(value, this.text, offset + Math.max(1, length) - 1);
    return { start, end: Math.max(start + 1, (last ?? start) + 1) };
  }

  /** A scalar as it is written; undefined for anything else. */
  writtenAt(path: Path): string | undefined {
    const { value } = this.#find(path);
    return isScalar(value) ? value.source : undefined;
  }

  /** The nearest parent, where there is nothing. */
  #find(path: Path): Found {
    let found: Found = { key: undefined, value: this.#root ?? undefined };
    for (const step of path) {
      const inner = this.#step(found.value, step);
      if (inner === undefined) return found;
      found = { key: inner.key, value: this.#resolved(inner.value) ?? inner.value };
    }
    return found;
  }

  #step(node: Node | undefined, step: string | number): Found | undefined {
    if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      return item === undefined ? undefined : { key: undefined, value: item };
    }
    if (!isMap(node)) return undefined;
    const own = this.#pairsOf(node).get(String(step));
    if (own !== undefined)
      return { key: own.key as Node, value: (own.value ?? undefined) as Node | undefined };
    return this.#merged(node.items, step);
  }

  /** A map may have a problem for each of its keys. */
  #pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = this.#pairs.get(map);
    if (known !== undefined) return known;
    const pairs = new Map<string, Pair>();
    for (const pair of map.items)
      if (isScalar(pair.key) && !isMergeKey(pair.key)) pairs.set(keyText(pair.key), pair);
    this.#pairs.set(map, pairs);
    return pairs;
  }

  #merged(pairs: readonly Pair[], step: string | number): Found | undefined {
    for (const { key, value } of pairs) {
      if (!isMergeKey(key)) continue;
      const given = this.#resolved(value as Node | undefined);
      const maps: readonly unknown[] = isSeq(given) ? given.items : [given];
      for (const map of maps) {
        const found = this.#step(this.#resolved(map as Node | undefined), step);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #resolved(node: Node | undefined): Node | undefined {
    return isAlias(node) ? this.#targets.get(node) : node;
  }
}

function spanOf(node: Node): Span {
  const [start = 0, end = start] = node.range ?? [];
  return { start, end };
}
