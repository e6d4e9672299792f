/** A rate limit: at most `limit` admissions in any `intervalMs` milliseconds. */
export interface RateLimit {
  readonly limit: number;
  readonly intervalMs: number;
}

/** Expired times are cut off the array when there are more of them than this, and than of the others. */
const SLACK = 64;

/**
 * The admissions of the last interval. The times ascend and are at most `limit`, so the oldest is the n-th
 * last admission: when it is an interval ago, one more is allowed. Grows with use, not with the limit.
 * `now` never goes back without `turnBack`.
 */
export class RateWindow {
  private readonly rate: RateLimit;
  private times: number[] = [];
  private expired = 0;

  constructor(rate: RateLimit) {
    this.rate = rate;
  }

  /** `now` if an admission is allowed, else the time at which one will be. */
  readyAt(now: number): number {
    this.settle(now);
    const oldest = this.times[this.expired];
    if (oldest === undefined || this.times.length - this.expired < this.rate.limit) return now;
    return oldest + this.rate.intervalMs;
  }

  /** Counts an admission. */
  take(now: number): void {
    this.times.push(now);
  }

  /** After the clock jumped back: what was admitted later than now counts as admitted now. */
  turnBack(now: number): void {
    for (let index = this.times.length - 1; index >= this.expired; index -= 1) {
      const time = this.times[index];
      if (time === undefined || time <= now) break;
      this.times[index] = now;
    }
  }

  /** Milliseconds from `now` until each token comes back, ascending: all of the window that still matters. */
  waits(now: number): number[] {
    return this.times
      .slice(this.expired)
      .map((time) => time + this.rate.intervalMs - now)
      .filter((wait) => wait > 0);
  }

  clone(): RateWindow {
    const copy = new RateWindow(this.rate);
    copy.times = this.times.slice(this.expired);
    return copy;
  }

  private settle(now: number): void {
    for (let time = this.times[this.expired]; time !== undefined; time = this.times[this.expired]) {
      if (time + this.rate.intervalMs > now) break;
      this.expired += 1;
    }
    if (this.expired > SLACK && this.expired * 2 > this.times.length) {
      this.times = this.times.slice(this.expired);
      this.expired = 0;
    }
  }
}
