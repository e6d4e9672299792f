/**
 * What the runs of this scheduler are sent through the store, by whatever process: read while any run is ours, soon
 * after it was sent.
 *
 * Owns: when the store is asked. Nothing is asked of one that takes no commits (rule 7), and one that cannot be
 * read is asked less often.
 * Does not own: what a message does (obey.ts), and that it is done once (ledger.ts).
 */
import type { Clock } from '../../core/clock.ts';
import { INBOX_POLL_MS, LEDGER_RETRY_LONGEST_MS } from '../../core/limits.ts';
import { type Logger, logSafely } from '../../core/logger.ts';
import type { SentMessage, StoreSession } from '../../stores/store.ts';

export interface InboxOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Some run is ours. */
  readonly isNeeded: () => boolean;
  /** The store takes no commits. */
  readonly isAway: () => boolean;
  /** Every message that no commit has taken yet; at least one. */
  readonly onSent: (sent: readonly SentMessage[]) => void;
}

export class Inbox {
  readonly #options: InboxOptions;
  #session: StoreSession | undefined = undefined;
  #timer: unknown = undefined;
  #asking = false;
  /** Something may wait that was given to nobody. */
  #missed = false;
  /** Looks that failed, one after the other. */
  #failures = 0;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Before any run is ours. */
  open(session: StoreSession): void {
    this.#session = session;
    session.watch?.(() => {
      this.#missed = true;
      this.#look();
    });
  }

  /** A run is ours now. */
  wake(): void {
    if (this.#missed && this.#failures === 0) this.#look();
    this.#arm();
  }

  /** A message was for a run that is not ours yet. */
  missed(): void {
    this.#missed = true;
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#session = undefined;
  }

  #look(): void {
    const { isNeeded, isAway } = this.#options;
    const session = this.#session;
    if (session === undefined || this.#asking || !isNeeded()) return;
    if (isAway()) return this.missed();
    this.#asking = true;
    this.#missed = false;
    void this.#ask(session).finally(() => {
      this.#asking = false;
      // Told of while it answered.
      if (this.#missed && this.#failures === 0) this.#look();
      this.#arm();
    });
  }

  async #ask(session: StoreSession): Promise<void> {
    const { logger, onSent } = this.#options;
    try {
      const sent = await session.inbox();
      this.#failures = 0;
      if (sent.length > 0) onSent(sent);
    } catch (error) {
      if (this.#session === undefined) return;
      this.#missed = true;
      this.#failures += 1;
      const what = 'messages to the runs of this process cannot be read; trying again';
      if (this.#failures === 1) logSafely(logger, 'warn', what, error);
    }
  }

  /** A store that tells by itself is asked again only where something was missed. */
  #arm(): void {
    const session = this.#session;
    if (session === undefined || this.#timer !== undefined || !this.#options.isNeeded()) return;
    if (session.watch !== undefined && !this.#missed) return;
    const wait = Math.min(INBOX_POLL_MS * 2 ** this.#failures, LEDGER_RETRY_LONGEST_MS);
    const token = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, wait);
    // That somebody might send something keeps no process alive.
    (token as { unref?: () => void } | undefined)?.unref?.();
    this.#timer = token;
  }
}
