/**
 * From YAML nodes to plain values. Owns: aliases and merge keys, what a key may be, and that what a file stands for
 * is bounded, however its aliases multiply. Values of an alias are shared, not copied.
 */
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { WORKFLOW_ALIASED_VALUES, WORKFLOW_ALIASES, WORKFLOW_DEPTH } from '../../core/limits.ts';
import { type SyntaxFault, tooDeep } from './syntax.ts';

export interface Values {
  readonly value: unknown;
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly faults: readonly SyntaxFault[];
}

/** `size`: values in it; `depth`: maps and lists inside each other; aliases followed. */
interface Converted {
  readonly value: unknown;
  readonly size: number;
  readonly depth: number;
}

const NOTHING: Converted = { value: null, size: 1, depth: 0 };

/** Keys that mean something to JavaScript itself. */
const RESERVED = ['__proto__'];
const MERGE = '<<';

export function valuesOf(root: Node | null): Values {
  const conversion = new Conversion();
  const { value } = conversion.convert(root);
  return { value, targets: conversion.targets, faults: conversion.faults };
}

export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === MERGE;
}

class Conversion {
  readonly targets = new Map<Alias, Node>();
  readonly faults: SyntaxFault[] = [];
  /** The newest node with each anchor. */
  readonly #anchors = new Map<string, Node>();
  /** Undefined while the node is being read: an alias inside it would contain itself. */
  readonly #anchored = new Map<Node, Converted | undefined>();
  #aliases = 0;
  #aliased = 0;

  convert(node: unknown): Converted {
    if (isAlias(node)) return this.#alias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return NOTHING;
    const { anchor } = node;
    if (anchor !== undefined) {
      this.#anchors.set(anchor, node);
      this.#anchored.set(node, undefined);
    }
    const converted = this.#content(node);
    if (anchor !== undefined) this.#anchored.set(node, converted);
    return converted;
  }

  #content(node: Scalar | YAMLMap | YAMLSeq): Converted {
    if (isScalar(node)) return { value: this.#scalar(node), size: 1, depth: 0 };
    const converted = isMap(node) ? this.#map(node) : this.#list(node);
    if (converted.depth <= WORKFLOW_DEPTH) return converted;
    this.faults.push(tooDeep(startOf(node)));
    return NOTHING;
  }

  #scalar(node: Scalar): unknown {
    const { value } = node;
    if (typeof value !== 'number') return typeof value === 'bigint' ? Number(value) : (value ?? null);
    const isKept = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    if (!isKept)
      this.#fault(node, `${node.source} is no number that can be kept exactly`, 'in quotes it is a text');
    return value;
  }

  #list({ items }: YAMLSeq): Converted {
    const values: unknown[] = [];
    let size = 1;
    let depth = 0;
    for (const item of items) {
      const converted = this.convert(item);
      values.push(converted.value);
      size += converted.size;
      depth = Math.max(depth, converted.depth);
    }
    return { value: values, size, depth: depth + 1 };
  }

  #map({ items }: YAMLMap): Converted {
    const values: Record<string, unknown> = {};
    const merged: Converted[] = [];
    const seen = new Set<string>();
    let size = 1;
    let depth = 0;
    for (const pair of items) {
      const converted = this.convert(pair.value);
      size += converted.size;
      depth = Math.max(depth, converted.depth);
      if (isMergeKey(pair.key)) merged.push(...this.#mergedMaps(pair, converted));
      else {
        const key = this.#key(pair, seen);
        if (key !== undefined) values[key] = converted.value;
      }
    }
    for (const { value } of merged)
      for (const [key, inner] of Object.entries(value as object))
        if (!Object.hasOwn(values, key)) values[key] = inner;
    return { value: values, size, depth: depth + 1 };
  }

  #mergedMaps({ key, value }: Pair, { value: given, ...rest }: Converted): readonly Converted[] {
    const maps: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (maps.every((map) => typeof map === 'object' && map !== null && !Array.isArray(map)))
      return maps.map((map) => ({ ...rest, value: map }));
    if (isAlias(value) && !this.targets.has(value)) return [];
    this.#fault(value ?? key, '<< takes a map, or a list of maps', 'as in <<: *name');
    return [];
  }

  /** The key as text, checked; undefined for one that cannot be used. */
  #key({ key }: Pair, seen: Set<string>): string | undefined {
    if (!isScalar(key)) {
      this.#fault(key, 'a key has to be text', 'in flow maps write a blank after the colon');
      return undefined;
    }
    const name = keyText(key);
    if (RESERVED.includes(name))
      return this.#fault(key, `the key "${name}" is not allowed`, 'choose another name');
    if (seen.has(name))
      return this.#fault(key, `the key ${JSON.stringify(name)} stands twice in one map`, 'keep one of them');
    if (name.includes('${{'))
      return this.#fault(key, 'templates in keys are not filled in', 'use them in values only');
    seen.add(name);
    return name;
  }

  #alias(node: Alias): Converted {
    const target = this.#anchors.get(node.source);
    if (target === undefined)
      return this.#refuse(
        node,
        `there is no anchor &${node.source} above this alias`,
        'write &name before the value it names',
      );
    this.targets.set(node, target);
    const converted = this.#anchored.get(target);
    if (converted === undefined) return this.#refuse(node, `the alias *${node.source} contains itself`);
    this.#aliases += 1;
    this.#aliased += converted.size;
    if (this.#aliases > WORKFLOW_ALIASES)
      return this.#refuse(node, `the file has more than ${WORKFLOW_ALIASES} aliases`);
    if (this.#aliased > WORKFLOW_ALIASED_VALUES)
      return this.#refuse(
        node,
        `the aliases of the file stand for more than ${WORKFLOW_ALIASED_VALUES} values`,
      );
    return converted;
  }

  /** Told once: each further alias would say the same. */
  #refuse(node: Node, message: string, hint?: string): Converted {
    if (!this.faults.some((fault) => fault.message === message)) this.#fault(node, message, hint);
    return NOTHING;
  }

  #fault(node: unknown, message: string, hint?: string): undefined {
    const start = startOf(node);
    const end = (node as Node | null)?.range?.[1] ?? start + 1;
    this.faults.push({ message, hint, start, end });
  }
}

/** As it is written: `1.0` stays `1.0`. */
export function keyText(key: Scalar): string {
  return String(key.source ?? key.value ?? '');
}

function startOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
