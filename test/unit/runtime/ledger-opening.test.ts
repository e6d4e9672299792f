/** A store that cannot be opened yet. The hunted bugs: a run that is given up for a reason that passes, one that waits for ever. */
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../../src/index.ts';
import { bench } from './kit.ts';
import { watched } from './recovery-kit.ts';

const locked = (retryable: boolean) => () => {
  throw new SignalboxError('STORE_UNAVAILABLE', 'the store is locked', { retryable });
};

describe('a store that cannot be opened yet', () => {
  it('is tried again, and the run starts once it is there', async () => {
    const { store, control } = watched();
    const { scheduler, clock, events } = bench({ store, storeRetryMs: 10_000 });
    control.on.open = locked(true);
    let entered = 0;
    const handle = scheduler.runPipeline(() => {
      entered += 1;
      return 'done';
    });
    await clock.advance(5_000);
    expect([entered, handle.done]).toEqual([0, false]);
    control.on.open = undefined;
    await clock.advance(5_000);
    expect([await handle.result(), entered]).toEqual(['done', 1]);
    const told = events.map((event) => event.type).filter((type) => type.startsWith('store:'));
    expect(told).toEqual(['store:failing', 'store:recovered']);
    expect((await store.runs.get(handle.id))?.closed).toBe(true);
  });

  it('is given up after storeRetryMs, and the next run has it tried again', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench({ store, storeRetryMs: 1_000 });
    control.on.open = locked(true);
    const first = scheduler.runPipeline(() => 1);
    const code = first.result().catch((error) => error.code);
    await clock.advance(999);
    expect(first.done).toBe(false);
    await clock.advance(1);
    expect(await code).toBe('STORE_UNAVAILABLE');
    control.on.open = undefined;
    const second = scheduler.runPipeline(() => 2);
    await clock.advance(1);
    expect(await second.result()).toBe(2);
  });

  it('is not tried again where trying cannot help', async () => {
    for (const open of [locked(false), () => Promise.reject(new Error('a bug in the store'))]) {
      const { store, control } = watched();
      const { scheduler, clock } = bench({ store, storeRetryMs: 10_000 });
      control.on.open = open;
      const handle = scheduler.runPipeline(() => 1);
      await clock.advance(0);
      expect(await handle.result().catch((error) => error.code)).toBe('STORE_UNAVAILABLE');
    }
  });
});
