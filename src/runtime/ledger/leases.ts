/**
 * What this scheduler has of the store: its one session, opened when it is first needed, and the runs that are
 * leased to it (rule 8).
 *
 * Owns: opening and closing the session, renewing leases while there are any, giving back what is not run here.
 * Does not own: what is written (ledger.ts), taking runs over (recovery.ts), what they are sent (inbox.ts).
 */
import type { Clock } from '../../core/clock.ts';
import { type Logger, logSafely } from '../../core/logger.ts';
import type { Durability, OwnedRun, SentMessage, Soon, Store, StoreSession } from '../../stores/store.ts';
import { schedulerClosed } from './failures.ts';
import { Inbox } from './inbox.ts';
import type { RunLedger } from './run-ledger.ts';

export interface LeasesOptions {
  /** The store says that the run is another's now, or deleted. */
  readonly onLost: (run: RunLedger) => void;
  /** Runs of this session were sent something that no commit has taken. */
  readonly onSent: (sent: readonly SentMessage[]) => void;
  /** The store takes no commits. */
  readonly isAway: () => boolean;
  readonly store: Store;
  readonly durability: Durability;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Leases {
  readonly #options: LeasesOptions;
  #session: StoreSession | undefined = undefined;
  #opening: Promise<StoreSession> | undefined = undefined;
  readonly #owned = new Set<RunLedger>();
  /** Not run here any more, while the store may have them down as ours. */
  readonly #toRelease = new Set<RunLedger>();
  readonly #claims = new Set<Promise<void>>();
  #renewal: unknown = undefined;
  #closed = false;
  readonly inbox: Inbox;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.inbox = new Inbox({ ...options, isNeeded: () => this.#owned.size > 0 });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The session, if it is open. */
  get opened(): StoreSession | undefined {
    return this.#session;
  }

  /** The session, opened once. Throws or rejects STORE_SCHEMA, STORE_UNAVAILABLE. */
  session(): Soon<StoreSession> {
    if (this.#closed) throw schedulerClosed();
    if (this.#session !== undefined) return this.#session;
    if (this.#opening !== undefined) return this.#opening;
    const { store, durability, clock } = this.#options;
    const opened = store.open({ durability, now: () => clock.now() });
    if (!(opened instanceof Promise)) return this.#use(opened);
    this.#opening = opened.then((session) => this.#keep(session)).finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #keep(session: StoreSession): Promise<StoreSession> {
    if (!this.#closed) return this.#use(session);
    await session.close();
    throw schedulerClosed();
  }

  #use(session: StoreSession): StoreSession {
    this.#session = session;
    this.inbox.open(session);
    return session;
  }

  /** The run is this process's now: its lease is renewed while it is open. */
  own(run: RunLedger): void {
    this.#owned.add(run);
    this.#armRenewal();
    this.inbox.wake();
  }

  owns(run: RunLedger): boolean {
    return this.#owned.has(run);
  }

  /** The run of this id, if it is ours. */
  find(runId: string): RunLedger | undefined {
    for (const run of this.#owned) if (run.id === runId) return run;
    return undefined;
  }

  /** It is final, or another's. */
  disown(run: RunLedger): void {
    this.#owned.delete(run);
  }

  #armRenewal(): void {
    const session = this.#session;
    if (this.#renewal !== undefined || session === undefined) return;
    const { clock } = this.#options;
    const token = clock.setTimeout(() => {
      this.#renewal = undefined;
      if (this.#owned.size > 0) this.#renew(session);
    }, session.leaseMs / 3);
    // A lease alone keeps no process alive.
    (token as { unref?: () => void } | undefined)?.unref?.();
    this.#renewal = token;
  }

  #renew(session: StoreSession): void {
    const again = () => {
      this.#armRenewal();
      this.giveBack([]);
    };
    const report = (error: unknown) =>
      logSafely(this.#options.logger, 'warn', 'the leases of this process could not be renewed', error);
    try {
      const told = (lost: readonly OwnedRun[]) => {
        for (const run of lost) this.#options.onLost(run as RunLedger);
      };
      Promise.resolve(session.renew([...this.#owned]))
        .then(told)
        .catch(report)
        .finally(again);
    } catch (error) {
      report(error);
      again();
    }
  }

  /**
   * Has the store take back runs that are not run here any more, and those that it could not take back before:
   * whoever wants may go on with them at once.
   */
  giveBack(runs: readonly RunLedger[]): void {
    for (const run of runs) if (run.key > 0) this.#toRelease.add(run);
    const session = this.#session;
    if (session === undefined || this.#toRelease.size === 0) return;
    const back = [...this.#toRelease];
    this.#toRelease.clear();
    for (const run of back) this.#owned.delete(run);
    const later = () => {
      for (const run of back) this.#toRelease.add(run);
    };
    try {
      Promise.resolve(session.release(back)).catch(later);
    } catch {
      later();
    }
  }

  /** A run is being taken over: the session stays open until it is known what became of that. */
  claiming(claim: Promise<void>): void {
    this.#claims.add(claim);
    void claim.finally(() => this.#claims.delete(claim));
  }

  /** Resolves when no run is being taken over. */
  async claimsOver(): Promise<void> {
    await Promise.allSettled(this.#claims);
  }

  /** Gives everything back. Whoever comes next may go on with what is not final. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#renewal !== undefined) this.#options.clock.clearTimeout(this.#renewal);
    this.inbox.stop();
    const session = this.#session;
    this.#session = undefined;
    try {
      await session?.close();
    } catch (error) {
      const what = 'the store could not be closed; the leases of this process run out by themselves';
      logSafely(this.#options.logger, 'warn', what, error);
    }
  }
}
