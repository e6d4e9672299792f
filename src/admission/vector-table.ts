import { invalidArgument, UnschedulableTaskError } from '../core/errors.ts';
import { amountToUnits, MAX_AMOUNT, unitsToAmount } from './amounts.ts';
import { fieldsOf, isRecord, positiveInteger } from './options.ts';
import type { ConcurrencyKey, ResourceNeed, ResourceVector } from './resource-vector.ts';
import type { Resources } from './resources.ts';

/** What a task says about its concurrency key: at most `limit` tasks (default 1) with this key at once. */
export type ConcurrencyKeySpec = string | { readonly key: string; readonly limit: number };

/**
 * Vectors remembered so that equal mappings share one object. Identity only saves memory and look-ups, so the
 * table may be emptied at any time; it is, when it is full, lest a million different vectors stay.
 */
const INTERNED = 4_096;

/** Turns what a task asks for into resource vectors. Holds caches only, so clones of an admission share it. */
export class VectorTable {
  private readonly interned: Map<string, ResourceVector>;
  /** Vectors of frozen mappings, which need no second look until a capacity changes. */
  private readonly ofFrozen = new WeakMap<object, ResourceVector>();

  constructor(interned = new Map<string, ResourceVector>()) {
    this.interned = interned;
  }

  /** The table to go on with after a capacity changed: what was schedulable may not be so any more. */
  afterCapacityChange(): VectorTable {
    return new VectorTable(this.interned);
  }

  /**
   * Checks the mapping label by label, then the concurrency key. Throws INVALID_ARGUMENT, UNKNOWN_RESOURCE or
   * UNSCHEDULABLE_TASK, and changes nothing that matters.
   */
  vector(resources: Resources, mapping: unknown, keySpec: ConcurrencyKeySpec | undefined): ResourceVector {
    if (!isRecord(mapping)) throw invalidArgument('resources', mapping, 'an object of label: amount');
    if (keySpec === undefined) return this.withoutKey(resources, mapping);
    const needs = parseNeeds(resources, mapping);
    return this.intern(needs, parseKey(resources, keySpec));
  }

  private withoutKey(resources: Resources, mapping: Record<string, unknown>): ResourceVector {
    const known = this.ofFrozen.get(mapping);
    if (known !== undefined) return known;
    const vector = this.intern(parseNeeds(resources, mapping), undefined);
    if (Object.isFrozen(mapping)) this.ofFrozen.set(mapping, vector);
    return vector;
  }

  private intern(needs: ResourceNeed[], concurrencyKey: ConcurrencyKey | undefined): ResourceVector {
    const key = vectorKey(needs, concurrencyKey);
    let vector = this.interned.get(key);
    if (vector === undefined) {
      if (this.interned.size >= INTERNED) this.interned.clear();
      vector = { key, needs, concurrencyKey };
      this.interned.set(key, vector);
    }
    return vector;
  }
}

/** The name comes last: whatever it contains, it cannot be taken for a need. */
function vectorKey(needs: readonly ResourceNeed[], key: ConcurrencyKey | undefined): string {
  let text = '';
  for (const { label, units } of needs) text += `${label}=${units},`;
  return key === undefined ? text : `${text}${key.limit}:${key.name}`;
}

function parseNeeds(resources: Resources, mapping: Record<string, unknown>): ResourceNeed[] {
  const needs: ResourceNeed[] = [];
  for (const name of Object.keys(mapping)) {
    const amount = mapping[name];
    const units = amountToUnits(`resources.${name}`, amount);
    const label = resources.indexOf(name);
    const capacity = resources.capacityUnits(label);
    if (units > capacity) throw new UnschedulableTaskError(name, Number(amount), unitsToAmount(capacity));
    if (units > 0) needs.push({ label, units });
  }
  return needs.sort((a, b) => a.label - b.label);
}

function parseKey(resources: Resources, spec: unknown): ConcurrencyKey {
  const key = isRecord(spec) ? parseKeyRecord(spec) : { name: keyName('concurrencyKey', spec), limit: 1 };
  const living = resources.keyLimit(key.name);
  if (living !== undefined && living !== key.limit) {
    throw invalidArgument(
      `the limit of concurrencyKey '${key.name}'`,
      key.limit,
      `${living}, as stated by tasks that are queued or admitted`,
      'give every task of one concurrency key the same limit',
    );
  }
  return key;
}

function parseKeyRecord(spec: unknown): ConcurrencyKey {
  const { key, limit } = fieldsOf('concurrencyKey', spec, ['key', 'limit']);
  return {
    name: keyName('concurrencyKey.key', key),
    limit: positiveInteger('concurrencyKey.limit', limit, MAX_AMOUNT),
  };
}

function keyName(what: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidArgument(what, value, 'a text that is not empty, or { key, limit }');
}
