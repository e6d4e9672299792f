/** The writing side: one scheduler's commits, and what it owns. Everything is done when a call returns. */
import { isAlive } from '../owner.ts';
import { isHeld, type Lease, sessionClosed } from '../requests.ts';
import type {
  Batch,
  Claim,
  OpenOptions,
  OpenRun,
  OwnedRun,
  OwnerIdentity,
  Refusal,
  SentMessage,
  StoreSession,
} from '../store.ts';
import { BatchWriter } from './batch-writer.ts';
import { Connection } from './connection.ts';
import type { SqlRow } from './driver.ts';
import { messagesOfOwner } from './messages.ts';
import type { PayloadFiles } from './payload-files.ts';
import { readRecorded } from './recorded.ts';
import { OWNER_COLUMNS, ownerOf, text, textOrNone } from './rows.ts';

export interface SessionOptions extends OpenOptions {
  readonly path: string;
  readonly files: PayloadFiles;
  readonly owner: OwnerIdentity;
  readonly leaseMs: number;
  readonly busyTimeoutMs: number;
  readonly onClose: (session: SqliteSession) => void;
}

const INSERT_OWNER = `INSERT INTO owners (session, boot_id, pid_namespace, pid, start_time, host, expires_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
const FIND = `SELECT r.key, r.fence, r.closed_at, r.owner, ${OWNER_COLUMNS}
  FROM runs r LEFT JOIN owners o ON o.key = r.owner WHERE r.id = ?`;
const TAKE = 'UPDATE runs SET owner = ?, fence = fence + 1, closed_at = NULL WHERE key = ?';
const FORGET_OWNER =
  'DELETE FROM owners WHERE key = ? AND NOT EXISTS (SELECT 1 FROM runs WHERE owner = owners.key)';
const OPEN_RUNS = 'SELECT id, name, style, version, parent_id FROM runs WHERE closed_at IS NULL ORDER BY key';

export class SqliteSession implements StoreSession {
  readonly owner: OwnerIdentity;
  readonly leaseMs: number;
  readonly now: () => number;
  readonly #options: SessionOptions;
  readonly #connection: Connection;
  readonly #writer: BatchWriter;
  /** Its row in `owners`. */
  readonly #key: number;
  #closed = false;

  constructor(options: SessionOptions) {
    const { path, files, owner, leaseMs, busyTimeoutMs, durability, now } = options;
    this.#options = options;
    this.owner = owner;
    this.leaseMs = leaseMs;
    this.now = now;
    this.#connection = new Connection(path, { busyTimeoutMs, strict: durability === 'strict' });
    try {
      this.#key = this.#connection.transaction('IMMEDIATE', () => this.#register());
    } catch (problem) {
      this.#connection.close();
      throw problem;
    }
    const connection = this.#connection;
    this.#writer = new BatchWriter({ connection, files, owner: this.#key, session: owner.session, now });
  }

  #register(): number {
    const { session, bootId, pidNamespace, pid, startTime, host } = this.owner;
    const { lastInsertRowid } = this.#connection
      .statement(INSERT_OWNER)
      .run(session, bootId, pidNamespace, pid, startTime, host, this.now() + this.leaseMs);
    return Number(lastInsertRowid);
  }

  commit(batch: Batch): readonly Refusal[] | undefined {
    this.#checkOpen();
    return this.#writer.write(batch);
  }

  claim(runId: string, { reopen = false }: { readonly reopen?: boolean } = {}): Claim {
    this.#checkOpen();
    const found = this.#connection.transaction('IMMEDIATE', () => this.#take(runId, reopen));
    if (found.kind === 'unknown' || found.kind === 'leased') return found;
    const recorded = readRecorded(this.#connection, this.#options.files, found.key);
    if (found.kind === 'closed') return { kind: 'closed', recorded };
    this.#writer.forget(found.key);
    return { kind: 'claimed', run: { id: runId, key: found.key, fence: found.fence }, recorded };
  }

  #take(
    runId: string,
    reopen: boolean,
  ):
    | Exclude<Claim, { kind: 'claimed' | 'closed' }>
    | { readonly kind: 'closed'; readonly key: number }
    | { readonly kind: 'claimed'; readonly key: number; readonly fence: number } {
    const row = this.#connection.statement(FIND).get(runId);
    if (row === undefined) return { kind: 'unknown' };
    const key = Number(row['key']);
    if (row['closed_at'] !== null && !reopen) return { kind: 'closed', key };
    const lease = leaseOf(row);
    const former = lease?.owner;
    if (isHeld(lease, this.now())) return { kind: 'leased', ...lease };
    this.#connection.statement(TAKE).run(this.#key, key);
    this.#renewLease();
    if (former !== undefined && isAlive(former) === 'dead')
      this.#connection.statement(FORGET_OWNER).run(row['owner'] ?? null);
    return { kind: 'claimed', key, fence: Number(row['fence']) + 1 };
  }

  release(runs: readonly OwnedRun[]): void {
    if (this.#closed || runs.length === 0) return;
    this.#connection.transaction('IMMEDIATE', () => {
      const give = this.#connection.statement(
        'UPDATE runs SET owner = NULL WHERE key = ? AND fence = ? AND owner = ?',
      );
      for (const { key, fence } of runs) give.run(key, fence, this.#key);
    });
    for (const { key } of runs) this.#writer.forget(key);
  }

  /** Off the hot path, so the write-ahead log is moved into the database here. */
  renew(runs: readonly OwnedRun[] = []): readonly OwnedRun[] {
    this.#checkOpen();
    const lost = this.#connection.transaction('IMMEDIATE', () => {
      this.#renewLease();
      return runs.filter((run) => !this.#owns(run));
    });
    this.#connection.checkpoint();
    return lost;
  }

  #owns({ key, fence }: OwnedRun): boolean {
    const found = this.#connection.statement(
      'SELECT 1 AS ours FROM runs WHERE key = ? AND fence = ? AND owner = ?',
    );
    return found.get(key, fence, this.#key) !== undefined;
  }

  #renewLease(): void {
    this.#connection
      .statement('UPDATE owners SET expires_at = ? WHERE key = ?')
      .run(this.now() + this.leaseMs, this.#key);
  }

  openRuns(): readonly OpenRun[] {
    this.#checkOpen();
    const rows = this.#connection.transaction('DEFERRED', () => this.#connection.statement(OPEN_RUNS).all());
    return rows.map((row) => ({
      id: text(row['id']),
      name: text(row['name']),
      style: text(row['style']),
      version: textOrNone(row['version']),
      parentId: textOrNone(row['parent_id']),
    }));
  }

  inbox(): readonly SentMessage[] {
    this.#checkOpen();
    return messagesOfOwner(this.#connection, this.#key);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClose(this);
    try {
      this.#connection.transaction('IMMEDIATE', () => {
        this.#connection.statement('UPDATE runs SET owner = NULL WHERE owner = ?').run(this.#key);
        this.#connection.statement('DELETE FROM owners WHERE key = ?').run(this.#key);
      });
    } finally {
      this.#connection.close();
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw sessionClosed();
  }
}

/** Of a row with the columns of an owner; undefined when nobody holds the run. */
export function leaseOf(row: SqlRow): Lease | undefined {
  const owner = ownerOf(row);
  return owner && { owner, expiresAt: Number(row['expires_at']) };
}
