/** Stores that stay away, under runs that go on: the hunted bugs are facts that get lost, and waits that never end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Controls, Task } from '../../../src/index.ts';
import { sqliteStore } from '../../../src/stores/sqlite/index.ts';
import { bench, Gate, obedient } from './kit.ts';

import { expectSequence, LATER, never, states, watched } from './recovery-kit.ts';

describe('a store that stays away', () => {
  const failed = { code: 'STORE_UNAVAILABLE' };

  it('leaves no gap in a run that it lost facts of (strict)', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench({ store, storeRetryMs: 1_000, taskParallelism: 2 });
    const gates = [new Gate(), new Gate()];
    const code = async (p: Controls) => {
      const tasks = ['a', 'b'].map((name, i) => p.task(() => gates[i]?.promise, { name }).run());
      await p.wait(tasks);
    };
    const lost = scheduler.runPipeline(code, { runId: 'r' });
    const rejected = expect(lost.result()).rejects.toMatchObject(failed);
    await clock.advance(1);
    control.failing = new Error('gone');
    gates[0]?.open();
    await clock.advance(900);
    gates[1]?.open();
    await clock.advance(99);
    const real = control.failing;
    // It fails once more, gives the run up, and is back for what was noted meanwhile.
    clock.setTimeout(() => (control.failing = undefined), 2);
    await clock.advance(1_000);
    expect(real).toBeDefined();
    await rejected;
    await expectSequence(store, 'r');
    expect(await states(store, 'r')).toEqual({ a: 'running', b: 'running' });
  });

  it('leaves no gap in a run that it lost facts of (relaxed), and says so of every task', async () => {
    const { store, control } = watched();
    const { scheduler, clock, events } = bench({ store, storeRetryMs: 1_000, durability: 'relaxed' });
    const handle = scheduler.runPipeline(
      async (p) => {
        await p
          .task(async () => 1, { name: 'a' })
          .run()
          .result();
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 1));
        control.failing = new Error('gone');
        await p
          .task(async () => 1, { name: 'b' })
          .run()
          .result();
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 500));
        await p
          .task(async () => 1, { name: 'c' })
          .run()
          .result();
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 501));
        control.failing = undefined;
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 500));
        return p
          .task(async () => 'd', { name: 'd' })
          .run()
          .result();
      },
      { runId: 'r' },
    );
    await clock.advance(5_000);
    expect(await handle.result()).toBe('d');
    await expectSequence(store, 'r');
    expect(handle.tasks.map((task) => task.durable)).toEqual([true, false, false, false]);
    const told = events.flatMap((event) => (event.type === 'task:persistence-failed' ? [event.name] : []));
    expect(told.sort()).toEqual(['b', 'c', 'd']);
    expect(handle.durable).toBe(false);
    expect((await store.runs.get('r'))?.closed).toBe(false);
  });

  it('gives up a run whose recorded values it lost', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench({ store, storeRetryMs: 1_000 });
    const wake = new Gate();
    const handle = scheduler.runPipeline(
      async (p) => {
        const a = p.now();
        await wake.promise;
        control.failing = new Error('gone');
        p.random();
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 5_000));
        p.uuid();
        return a;
      },
      { runId: 'r' },
    );
    const rejected = expect(handle.result()).rejects.toMatchObject(failed);
    await clock.advance(1);
    wake.open();
    await clock.advance(2_000);
    control.failing = undefined;
    await clock.advance(10_000);
    await rejected;
  });

  it('holds no slot for an attempt that never began', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench({ store, storeRetryMs: 1_000 });
    let entered = 0;
    const handle = scheduler.runPipeline(
      async (p) => {
        control.failing = new Error('gone');
        await p
          .task(
            () => {
              entered += 1;
            },
            { name: 'once', onLost: 'fail' },
          )
          .run()
          .result();
      },
      { runId: 'r' },
    );
    const rejected = expect(handle.result()).rejects.toMatchObject(failed);
    await clock.advance(100_000);
    await rejected;
    control.failing = undefined;
    expect(entered).toBe(0);
    expect(scheduler.snapshot().abandoned).toBe(0);
    const next = scheduler.runPipeline(async (p) =>
      p
        .task(async () => 'next')
        .run()
        .result(),
    );
    await clock.advance(1);
    expect(next.done).toBe(true);
  });

  it('can be asked for the run again by the same scheduler once it is back', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench({
      store,
      storeRetryMs: 1_000,
      pipelineParallelism: 2,
      taskParallelism: 2,
    });
    let broken = true;
    const code = async (p: Controls) => {
      await p
        .task(
          async () => {
            if (broken) control.failing = new Error('gone');
          },
          { name: 'a' },
        )
        .run()
        .result();
      return 'done';
    };
    // Another run keeps the leases of this scheduler alive.
    scheduler.runPipeline(async (p) => p.task(obedient, { name: 'other' }).run().outcome(), {
      runId: 'other',
    });
    await clock.advance(1);
    const handle = scheduler.runPipeline(code, { runId: 'r' });
    const rejected = expect(handle.result()).rejects.toMatchObject(failed);
    await clock.advance(2_000);
    await rejected;
    control.failing = undefined;
    broken = false;
    await clock.advance(60_000);
    const again = scheduler.resume('r', code);
    await clock.advance(1);
    expect(again.done).toBe(true);
    expect(await again.result()).toBe('done');
  });

  it('refuses a task that was submitted alone, and closes', async () => {
    const { store, control } = watched();
    control.on.open = () => {
      throw new Error('no such file');
    };
    const { scheduler, clock } = bench({ store });
    const task = scheduler.runTask(Task.call(() => 1, { title: 'alone' }));
    const rejected = expect(task.result()).rejects.toMatchObject(failed);
    await clock.advance(100);
    expect(scheduler.snapshot().pipelines.queued + scheduler.snapshot().tasks.queued).toBe(0);
    await rejected;
  });

  it('leaves nobody waiting for a finished task that is no longer kept', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench({
      store,
      storeRetryMs: 1_000,
      taskParallelism: 400,
      limits: { keepFinishedTasks: 0 },
    });
    const gate = new Gate();
    let settled = 0;
    const handle = scheduler.runPipeline(
      async (p) => {
        const tasks = Array.from({ length: 400 }, (_, i) =>
          p.task(() => gate.promise, { name: `t${i}` }).run(),
        );
        await Promise.allSettled(tasks.map((task) => task.result().finally(() => (settled += 1))));
      },
      { runId: 'r' },
    );
    const rejected = expect(handle.result()).rejects.toMatchObject(failed);
    await clock.advance(1);
    control.failing = new Error('gone');
    gate.open();
    await clock.advance(5_000);
    await rejected;
    expect(settled).toBe(400);
    control.failing = undefined;
  });

  it('does not keep close() from closing', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench({ store });
    scheduler.runPipeline(
      async (p) =>
        p
          .task(async () => 1)
          .run()
          .result(),
      { runId: 'r' },
    );
    await clock.advance(1);
    scheduler.runPipeline(
      async (p) =>
        p
          .task(() => never())
          .run()
          .outcome(),
      { runId: 's' },
    );
    await clock.advance(1);
    control.on.release = () => {
      throw new Error('release');
    };
    control.on.close = () => {
      throw new Error('close');
    };
    const closing = scheduler.close({ mode: 'abort', graceMs: 0 });
    await clock.advance(100);
    await closing;
    expect(scheduler.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe('in a database', () => {
  it('a failed run with stages and child runs is run again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-hunt-'));
    const store = sqliteStore(join(folder, 'runs.db'));
    try {
      let broken = true;
      let { scheduler } = bench({ store });
      const code = async (p: Controls) => {
        await p
          .task(async () => 1, { name: 'a' })
          .run()
          .result();
        p.stageForward('next');
        const child = async (c: Controls) =>
          c
            .task(
              async () => {
                if (broken) throw new Error('broken');
                return 'fine';
              },
              { name: 'b' },
            )
            .run()
            .result();
        return scheduler.runPipeline(child, { name: 'child' }).result();
      };
      await expect(scheduler.runPipeline(code, { runId: 'r' }).result()).rejects.toThrow('broken');
      await scheduler.close();
      broken = false;
      ({ scheduler } = bench({ store }, LATER));
      expect(await scheduler.resume('r', code).result()).toBe('fine');
      await scheduler.close();
      await expectSequence(store, 'r');
    } finally {
      await store.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a run id that is taken', () => {
  it('says so, also when the run is stopped before the store has answered', async () => {
    const { store, control } = watched();
    await bench({ store })
      .scheduler.runPipeline(async () => 1, { runId: 'r' })
      .result();
    const gate = new Gate();
    control.gate = gate;
    const { scheduler, clock } = bench({ store });
    const handle = scheduler.runPipeline(async () => 2, { runId: 'r' });
    const rejected = expect(handle.accepted).rejects.toMatchObject({ code: 'RUN_EXISTS' });
    await clock.advance(1);
    handle.cancel();
    await clock.advance(1);
    control.gate = undefined;
    gate.open();
    await clock.advance(1);
    await rejected;
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await store.runs.get('r'))?.outcome).toEqual({ kind: 'succeeded', value: 1 });
  });
});
