/** A rate limit: at most `limit` admissions in any `intervalMs` milliseconds. */
export interface RateLimit {
  readonly limit: number;
  readonly intervalMs: number;
}

/** Old times are cut off the array when there are more of them than this, and than of the others. */
const SLACK = 64;

/**
 * The times of the last `limit` admissions, ascending. When the oldest of them, the n-th last, is an interval
 * ago, one more is allowed. Grows with use, not with the limit. `now` never goes back without `turnBack`.
 */
export class RateWindow {
  private readonly rate: RateLimit;
  private times: number[] = [];
  /** Where the last `limit` begin. */
  private start = 0;

  constructor(rate: RateLimit) {
    this.rate = rate;
  }

  /** `now` if an admission is allowed, else the time at which one will be. */
  readyAt(now: number): number {
    const oldest = this.times[this.start];
    if (oldest === undefined || this.times.length - this.start < this.rate.limit) return now;
    return Math.max(now, oldest + this.rate.intervalMs);
  }

  /** Counts an admission. */
  take(now: number): void {
    this.times.push(now);
    if (this.times.length - this.start > this.rate.limit) this.start += 1;
    if (this.start > SLACK && this.start * 2 > this.times.length) {
      this.times = this.times.slice(this.start);
      this.start = 0;
    }
  }

  /** After the clock jumped back: what was admitted later than now counts as admitted now. */
  turnBack(now: number): void {
    for (let index = this.times.length - 1; index >= this.start; index -= 1) {
      const time = this.times[index];
      if (time === undefined || time <= now) break;
      this.times[index] = now;
    }
  }

  /** Milliseconds from `now` until each token comes back, ascending: all that matters from then on. */
  waits(now: number): number[] {
    const times = this.times.slice(this.start);
    return times.map((time) => time + this.rate.intervalMs - now).filter((wait) => wait > 0);
  }

  clone(): RateWindow {
    const copy = new RateWindow(this.rate);
    copy.times = this.times.slice(this.start);
    return copy;
  }
}
