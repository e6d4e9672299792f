/**
 * A store in this process's memory: gone with the process, and otherwise like the others. Sessions of one store
 * object compete for runs as processes would; texts are kept as texts, so that what comes back is what another
 * store would give. It keeps every run until `delete` or `prune`.
 */
import { systemClock } from '../core/clock.ts';
import { IdSource } from '../core/ids.ts';
import { MemoryRun } from './memory-run.ts';
import { thisOwner } from './owner.ts';
import {
  isHeld,
  type Lease,
  readEventRequest,
  readFilter,
  readFinishedBefore,
  readId,
  readMessage,
  runLeased,
  sessionClosed,
} from './requests.ts';
import type {
  Batch,
  Claim,
  OpenOptions,
  OpenRun,
  OwnedRun,
  OwnerIdentity,
  RecordedRun,
  Refusal,
  RunFilter,
  RunMessage,
  RunRecord,
  SentMessage,
  Store,
  StoredRun,
  StoreSession,
} from './store.ts';
import { stateNumberOf } from './totals.ts';

/** How long a lease lasts without `renew`, in milliseconds. Here it matters between sessions of one process only. */
const LEASE_MS = 30_000;

/** A session as the runs that it owns see it. */
export interface MemoryOwner {
  readonly identity: OwnerIdentity;
  expiresAt: number;
  /** Called when one of them was sent something. */
  told: () => void;
}

/** A store that keeps everything in memory, for tests and for work that need not survive the process. */
export function memoryStore(): Store {
  return new MemoryStore();
}

/** What all sessions of a store share. */
class MemoryLedger {
  /** In the order of creation. */
  readonly runs = new Map<string, MemoryRun>();
  readonly sessions = new Set<MemorySession>();
  /** Those that were sent something which they did not take. */
  readonly addressed = new Set<MemoryRun>();
  readonly ids = new IdSource(systemClock.now);
  /** By the id of the run that submitted them. */
  readonly #children = new Map<string, Set<MemoryRun>>();
  #lastKey = 0;

  create(record: RunRecord, owner: MemoryOwner): MemoryRun | undefined {
    if (this.runs.has(record.run.id)) return undefined;
    this.#lastKey += 1;
    const run = new MemoryRun(record, this.#lastKey, owner);
    this.runs.set(run.id, run);
    if (record.parentId !== undefined) {
      const siblings = this.#children.get(record.parentId) ?? new Set();
      this.#children.set(record.parentId, siblings.add(run));
    }
    return run;
  }

  send(id: string, message: RunMessage): boolean {
    const run = this.runs.get(id);
    if (run === undefined || run.closed) return false;
    run.addMessage(message, this.now());
    this.addressed.add(run);
    run.owner?.told();
    return true;
  }

  /** What the run does not get any more. */
  drop(run: MemoryRun, isDropped: (sent: SentMessage) => boolean): void {
    run.messages = run.messages.filter((sent) => !isDropped(sent));
    if (run.messages.length === 0) this.addressed.delete(run);
  }

  remove(run: MemoryRun): void {
    this.runs.delete(run.id);
    this.addressed.delete(run);
    this.#children.delete(run.id);
    const siblings = this.#children.get(run.record.parentId ?? '');
    siblings?.delete(run);
  }

  /** The run, the runs it submitted, those that they submitted, ... */
  treeOf(run: MemoryRun): MemoryRun[] {
    const children = [...(this.#children.get(run.id) ?? [])];
    return [run, ...children.flatMap((child) => this.treeOf(child))];
  }

  recorded(run: MemoryRun): RecordedRun {
    const children = [...(this.#children.get(run.id) ?? [])];
    return run.recorded(children.map(({ id, record: { name, parentTask } }) => ({ id, name, parentTask })));
  }

  /** Leases are counted in the time of those who hold them. */
  now(): number {
    const [session] = this.sessions;
    return (session?.now ?? systemClock.now)();
  }

  leaseOf({ owner }: MemoryRun): Lease | undefined {
    return owner && { owner: owner.identity, expiresAt: owner.expiresAt };
  }
}

class MemorySession implements StoreSession {
  readonly owner: OwnerIdentity;
  readonly leaseMs = LEASE_MS;
  readonly now: () => number;
  readonly #ledger: MemoryLedger;
  readonly #self: MemoryOwner;

  constructor(ledger: MemoryLedger, now: () => number) {
    this.#ledger = ledger;
    this.now = now;
    this.owner = thisOwner(ledger.ids.next());
    this.#self = { identity: this.owner, expiresAt: now() + LEASE_MS, told: () => {} };
    ledger.sessions.add(this);
  }

  commit(batch: Batch): readonly Refusal[] | undefined {
    this.#checkOpen();
    // Whatever could throw does so here, before anything changed.
    for (let i = 0; i < batch.moves.size; i += 1) stateNumberOf(batch.moves.move[i] ?? 0);
    const refused = new Map<OwnedRun, Refusal['reason']>();
    for (const record of batch.runs) this.#create(record, refused);
    const target = (owned: OwnedRun): MemoryRun | undefined => this.#writable(owned, refused);
    for (const { run, index, name } of batch.stages) target(run)?.stages.set(index, name);
    for (const task of batch.tasks) target(task.run)?.tasks.set(task.position, task);
    this.#addMoves(batch.moves, target);
    for (const { run, seq, text } of batch.payloads) target(run)?.payloads.set(seq, text);
    for (const value of batch.values) target(value.run)?.values.push(value);
    for (const group of batch.groups) target(group.run)?.groups.push(group);
    for (const { run, ordinal } of batch.taken) this.#drop(target(run), (sent) => sent.ordinal === ordinal);
    for (const run of batch.closed.map(target)) this.#close(run);
    return refused.size === 0 ? undefined : [...refused].map(([run, reason]) => ({ run, reason }));
  }

  #close(run: MemoryRun | undefined): void {
    if (run === undefined) return;
    Object.assign(run, { closed: true, owner: undefined });
    this.#drop(run, () => true);
  }

  #drop(run: MemoryRun | undefined, isDropped: (sent: SentMessage) => boolean): void {
    if (run !== undefined && run.messages.length > 0) this.#ledger.drop(run, isDropped);
  }

  #create(record: RunRecord, refused: Map<OwnedRun, Refusal['reason']>): void {
    const created = this.#ledger.create(record, this.#self);
    if (created === undefined) {
      refused.set(record.run, 'exists');
      return;
    }
    record.run.key = created.key;
    record.run.fence = created.fence;
  }

  /** The run if it is still the caller's (L3). */
  #writable(owned: OwnedRun, refused: Map<OwnedRun, Refusal['reason']>): MemoryRun | undefined {
    if (refused.has(owned)) return undefined;
    const run = this.#ledger.runs.get(owned.id);
    if (run !== undefined && run.key === owned.key && run.fence === owned.fence && run.owner === this.#self)
      return run;
    refused.set(owned, 'fence');
    return undefined;
  }

  #addMoves(moves: Batch['moves'], target: (owned: OwnedRun) => MemoryRun | undefined): void {
    for (let i = 0; i < moves.size; i += 1) {
      const [owned, seq, subject, move] = [moves.run[i], moves.seq[i], moves.subject[i], moves.move[i]];
      if (owned === undefined || seq === undefined || subject === undefined || move === undefined) continue;
      target(owned)?.addMove(seq, subject, move, moves.attempt[i] ?? 0, moves.at[i] ?? 0);
    }
  }

  claim(runId: string, options: { readonly reopen?: boolean } = {}): Claim {
    this.#checkOpen();
    const run = this.#ledger.runs.get(runId);
    if (run === undefined) return { kind: 'unknown' };
    if (run.closed && options.reopen !== true)
      return { kind: 'closed', recorded: this.#ledger.recorded(run) };
    const lease = this.#ledger.leaseOf(run);
    if (isHeld(lease, this.now())) return { kind: 'leased', ...lease };
    Object.assign(run, { closed: false, owner: this.#self, fence: run.fence + 1 });
    this.renew();
    return {
      kind: 'claimed',
      run: { id: runId, key: run.key, fence: run.fence },
      recorded: this.#ledger.recorded(run),
    };
  }

  release(runs: readonly OwnedRun[]): void {
    for (const owned of runs) {
      const run = this.#writable(owned, new Map());
      if (run !== undefined) run.owner = undefined;
    }
  }

  renew(runs: readonly OwnedRun[] = []): readonly OwnedRun[] {
    this.#self.expiresAt = this.now() + LEASE_MS;
    return runs.filter((run) => this.#writable(run, new Map()) === undefined);
  }

  openRuns(): OpenRun[] {
    return [...this.#ledger.runs.values()]
      .filter((run) => !run.closed)
      .map(({ record: { run, name, style, version, parentId } }) => ({
        id: run.id,
        name,
        style,
        version,
        parentId,
      }));
  }

  inbox(): readonly SentMessage[] {
    this.#checkOpen();
    return [...this.#ledger.addressed]
      .filter((run) => run.owner === this.#self)
      .flatMap((run) => run.messages);
  }

  watch(told: () => void): void {
    this.#self.told = told;
  }

  close(): void {
    for (const run of this.#ledger.runs.values()) if (run.owner === this.#self) run.owner = undefined;
    this.#ledger.sessions.delete(this);
  }

  #checkOpen(): void {
    if (!this.#ledger.sessions.has(this)) throw sessionClosed();
  }
}

class MemoryStore implements Store {
  readonly #ledger = new MemoryLedger();

  open({ now }: OpenOptions): StoreSession {
    return new MemorySession(this.#ledger, now);
  }

  readonly runs: Store['runs'] = {
    list: async (filter) => this.#list(filter),
    get: async (id) => this.#ledger.runs.get(readId('the id of a run', id))?.stored(),
    delete: async (id) => this.#delete(readId('the id of a run', id)),
    send: async (id, message) => this.#ledger.send(readId('the id of a run', id), readMessage(message)),
  };

  readonly tasks: Store['tasks'] = {
    list: async (runId) => this.#ledger.runs.get(readId('the id of a run', runId))?.storedTasks() ?? [],
    get: async (id) => {
      readId('the id of a task', id);
      for (const run of this.#ledger.runs.values()) {
        const task = run.storedTask(id);
        if (task !== undefined) return task;
      }
      return undefined;
    },
  };

  async events(
    runId: string,
    options?: { readonly afterRunSeq?: number; readonly limit?: number },
  ): ReturnType<Store['events']> {
    const request = readEventRequest(options);
    return this.#ledger.runs.get(readId('the id of a run', runId))?.events(request) ?? [];
  }

  async prune(options: { readonly finishedBefore: number }): Promise<number> {
    const before = readFinishedBefore(options);
    const { runs } = this.#ledger;
    let pruned = 0;
    for (const run of [...runs.values()]) {
      // What a run that stays has submitted stays with it: going on with it needs them.
      if (!runs.has(run.id) || runs.has(run.record.parentId ?? '')) continue;
      const tree = this.#ledger.treeOf(run);
      if (!tree.every((one) => one.closed && (one.totals.get(0)?.at ?? one.record.at) < before)) continue;
      for (const one of tree) this.#ledger.remove(one);
      pruned += tree.length;
    }
    return pruned;
  }

  async close(): Promise<void> {
    for (const session of [...this.#ledger.sessions]) session.close();
  }

  #list(filter: RunFilter | undefined): StoredRun[] {
    const { state, name, since, limit } = readFilter(filter);
    const found: StoredRun[] = [];
    for (const run of [...this.#ledger.runs.values()].reverse()) {
      if (found.length >= limit) break;
      if (name !== undefined && run.record.name !== name) continue;
      if (since !== undefined && run.record.at < since) continue;
      if (state === undefined || (run.totals.get(0)?.state ?? 'queued') === state) found.push(run.stored());
    }
    return found;
  }

  #delete(id: string): boolean {
    const run = this.#ledger.runs.get(id);
    if (run === undefined) return false;
    const tree = this.#ledger.treeOf(run);
    for (const one of tree) {
      const lease = this.#ledger.leaseOf(one);
      if (isHeld(lease, this.#ledger.now())) throw runLeased(one.id, lease);
    }
    for (const one of tree) this.#ledger.remove(one);
    return true;
  }
}
