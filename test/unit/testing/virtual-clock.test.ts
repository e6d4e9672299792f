import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

describe('a virtual clock', () => {
  it('shows a callback the time of its own deadline, also in one long step (V1)', async () => {
    const clock = new VirtualClock(1_000);
    const seen: number[] = [];
    for (const delay of [30, 10, 20.5]) clock.setTimeout(() => seen.push(clock.now()), delay);
    await clock.advance(100);
    expect(seen).toEqual([1_010, 1_020.5, 1_030]);
    expect(clock.now()).toBe(1_100);
  });

  it('fires timers of one deadline in the order in which they were set (V2)', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimeout(() => order.push('a'), 10);
    await clock.advance(5);
    clock.setTimeout(() => order.push('b'), 5);
    clock.setTimeout(() => order.push('c'), 5);
    await clock.advance(5);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('does not let chained timers drift, however long the step (V3)', async () => {
    const clock = new VirtualClock();
    const ticks: number[] = [];
    const tick = () => {
      ticks.push(clock.now());
      if (ticks.length < 5) clock.setTimeout(tick, 7);
    };
    clock.setTimeout(tick, 7);
    await clock.advance(1_000);
    expect(ticks).toEqual([7, 14, 21, 28, 35]);
    expect(clock.now()).toBe(1_000);
  });

  it('lets promise reactions of one timer happen before the next fires (V4)', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimeout(() => {
      order.push('first');
      const deep = async (depth: number): Promise<void> => {
        if (depth > 0) return deep(depth - 1);
        clock.setImmediate(() => order.push('effect of first'));
        return undefined;
      };
      void deep(50);
    }, 1);
    clock.setTimeout(() => order.push('second'), 1);
    await clock.advance(1);
    expect(order).toEqual(['first', 'effect of first', 'second']);
  });

  it('waits for what is under way before it moves at all', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    void Promise.resolve().then(() => clock.setTimeout(() => seen.push(clock.now()), 10));
    await clock.advance(10);
    expect(seen).toEqual([10]);
  });

  it('does not fire what is due later, and counts what is pending', async () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.setTimeout(() => {
      fired = true;
    }, 11);
    expect([clock.pending, clock.nextAt]).toEqual([1, 11]);
    await clock.advance(10.999);
    expect(fired).toBe(false);
    await clock.advanceTo(11);
    expect([fired, clock.pending, clock.nextAt]).toEqual([true, 0, undefined]);
  });

  it('forgets a cleared timer, and clearing twice or after the end counts nothing twice', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const token = clock.setTimeout(() => fired.push('cleared'), 5);
    const kept = clock.setTimeout(() => fired.push('kept'), 5);
    clock.clearTimeout(token);
    clock.clearTimeout(token);
    clock.clearTimeout(undefined);
    expect(clock.pending).toBe(1);
    await clock.runAll();
    clock.clearTimeout(kept);
    expect([fired, clock.pending]).toEqual([['kept'], 0]);
  });

  it('runs everything, timers of timers included, and stands at the last deadline', async () => {
    const clock = new VirtualClock();
    let count = 0;
    const again = () => {
      count += 1;
      if (count < 100) clock.setTimeout(again, 60_000);
    };
    clock.setTimeout(again, 60_000);
    await clock.runAll();
    expect([count, clock.now()]).toEqual([100, 6_000_000]);
  });

  it('takes a negative or odd delay as none', async () => {
    const clock = new VirtualClock(50);
    const seen: number[] = [];
    for (const delay of [-5, Number.NaN, 0]) clock.setTimeout(() => seen.push(clock.now()), delay);
    await clock.advance(0);
    expect(seen).toEqual([50, 50, 50]);
  });

  it('keeps the async context of whoever set the timer, as the real one does', async () => {
    const clock = new VirtualClock();
    const storage = new AsyncLocalStorage<string>();
    let seen: string | undefined;
    storage.run('inside', () =>
      clock.setTimeout(() => {
        seen = storage.getStore();
      }, 1),
    );
    await clock.advance(1);
    expect(seen).toBe('inside');
  });

  it('refuses what cannot be: time going back, no number, two moves at once', async () => {
    const clock = new VirtualClock(10);
    const bad = { code: 'INVALID_ARGUMENT' };
    await expect(clock.advance(-1)).rejects.toMatchObject(bad);
    await expect(clock.advance(Number.NaN)).rejects.toMatchObject(bad);
    await expect(clock.advanceTo(9)).rejects.toMatchObject(bad);
    expect(() => new VirtualClock(Number.NaN)).toThrow(
      'startAt was NaN; allowed: a time in epoch milliseconds',
    );
    const first = clock.advance(5);
    await expect(clock.advance(5)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    await first;
    expect(clock.now()).toBe(15);
  });
});
