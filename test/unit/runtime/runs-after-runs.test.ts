import { describe, expect, it } from 'vitest';
import type { PipelineHandle } from '../../../src/index.ts';
import { bench, errorOf, Gate, OpenRun, obedient, settle } from './kit.ts';

describe('after', () => {
  it('starts a run when all the runs it names have succeeded, and takes no slot before', async () => {
    const { scheduler } = bench({ pipelineParallelism: 2 });
    const gates = [new Gate(), new Gate()] as const;
    const upstream = gates.map((gate) => scheduler.runPipeline(() => gate.promise));
    const downstream = scheduler.runPipeline(() => 'after both', { after: upstream });
    await settle();
    expect([downstream.state, downstream.phase]).toEqual(['queued', 'waiting']);
    gates[0].open();
    await settle();
    expect(downstream.phase).toBe('waiting');
    gates[1].open();
    expect(await downstream.result()).toBe('after both');
  });

  it('a bad end blocks the run, names the upstream run, and never enters it (P1)', async () => {
    const { scheduler, events } = bench();
    const bad = scheduler.runPipeline(() => Promise.reject(new Error('bad')), { name: 'bad' });
    let entered = false;
    const body = () => {
      entered = true;
    };
    const blocked = scheduler.runPipeline(body, { after: [bad], name: 'middle' });
    const further = scheduler.runPipeline(body, { after: [blocked] });
    await settle();
    expect([blocked.state, further.state, entered]).toEqual(['blocked', 'blocked', false]);
    expect([blocked.done, blocked.cancelled]).toEqual([true, false]);
    expect(await blocked.outcome()).toEqual({ kind: 'blocked', reason: bad.runId });
    expect(await further.outcome()).toEqual({ kind: 'blocked', reason: blocked.runId });
    const error = await errorOf(blocked.result());
    expect([error.code, error.details['blockedBy']]).toEqual(['CANCELLED', bad.runId]);
    expect((await errorOf(blocked.exception())).code).toBe('CANCELLED');
    const told = events.find((event) => event.type === 'pipeline:blocked');
    expect(told).toMatchObject({ runId: blocked.runId, reason: bad.runId, previous: 'queued' });
    expect(scheduler.snapshot().pipelines).toMatchObject({ failed: 1, blocked: 2, total: 3 });
  });

  it('what was cancelled counts as a bad end too', async () => {
    const { scheduler } = bench();
    const first = new OpenRun(scheduler);
    const second = scheduler.runPipeline(() => 1);
    const blocked = scheduler.runPipeline(() => 1, { after: [second] });
    second.cancel();
    await settle();
    expect([blocked.state, first.handle.state]).toEqual(['blocked', 'running']);
  });

  it('counts runs that are final already as they ended', async () => {
    const { scheduler, events } = bench();
    const good = scheduler.runPipeline(() => 1);
    const bad = scheduler.runPipeline(() => Promise.reject(new Error('x')));
    await Promise.all([good.outcome(), bad.outcome()]);
    const runs = [
      scheduler.runPipeline(() => 'ran', { after: [good, good] }),
      scheduler.runPipeline(() => 'ran', { after: [good, bad] }),
    ];
    await settle();
    expect(runs.map((run) => run.state)).toEqual(['succeeded', 'blocked']);
    expect(events.filter((event) => event.type.endsWith(':rejected'))).toEqual([]);
  });

  it('several bad upstreams block once, by the first', async () => {
    const { scheduler, events } = bench({ pipelineParallelism: 2 });
    const bad = [1, 2].map((n) => scheduler.runPipeline(() => Promise.reject(new Error(`${n}`))));
    const blocked = scheduler.runPipeline(() => 1, { after: bad });
    await settle();
    expect(await blocked.outcome()).toEqual({ kind: 'blocked', reason: bad[0]?.runId });
    expect(events.filter((event) => event.type.endsWith(':rejected'))).toEqual([]);
  });

  it('a waiting run can be cancelled, and its upstream does not mind', async () => {
    const { scheduler } = bench();
    const gate = new Gate();
    const upstream = scheduler.runPipeline(() => gate.promise);
    const waiting = scheduler.runPipeline(() => 1, { after: [upstream] });
    expect([waiting.cancel(), waiting.state]).toEqual([true, 'cancelled']);
    gate.open();
    await upstream.result();
    await settle();
    expect(waiting.state).toBe('cancelled');
  });

  it('a chain of ten thousand runs goes through', async () => {
    const { scheduler } = bench();
    let last = scheduler.runPipeline(() => 0);
    for (let i = 0; i < 10_000; i += 1) last = scheduler.runPipeline(() => i, { after: [last] });
    expect(await last.result()).toBe(9_999);
  });

  it('a chain of ten thousand runs is blocked to its end, too', async () => {
    const { scheduler } = bench();
    let last: PipelineHandle<unknown> = scheduler.runPipeline(() => Promise.reject(new Error('x')));
    for (let i = 0; i < 10_000; i += 1) last = scheduler.runPipeline(() => i, { after: [last] });
    expect((await last.outcome()).kind).toBe('blocked');
  });
});

describe('children', () => {
  async function endWith(children: 'continue' | 'wait' | 'cancel') {
    const made = bench({ taskParallelism: 1 });
    const gate = new Gate();
    const handle = made.scheduler.runPipeline(
      (controls) => {
        controls.task(({ signal }) => Promise.race([gate.promise, obedientTo(signal)])).run();
        controls.task(() => 'second').run();
        return 'value of the body';
      },
      { children },
    );
    await settle();
    return { ...made, gate, handle };
  }
  const obedientTo = (signal: AbortSignal) => obedient({ signal } as Parameters<typeof obedient>[0]);

  it("'continue', the default: the run ends with its body, and its tasks go on", async () => {
    const { handle, gate, scheduler } = await endWith('continue');
    expect(handle.state).toBe('succeeded');
    expect(handle.tasks.map((task) => task.state)).toEqual(['running', 'queued']);
    expect(handle.snapshot().tasks).toMatchObject({ running: 1, queued: 1 });
    gate.open();
    await settle();
    expect(handle.tasks.map((task) => task.state)).toEqual(['succeeded', 'succeeded']);
    expect(scheduler.snapshot().tasks.succeeded).toBe(2);
  });

  it("'wait': the run ends when its tasks have, with the value of the body", async () => {
    const { handle, gate } = await endWith('wait');
    expect(handle.state).toBe('running');
    gate.open();
    expect(await handle.result()).toBe('value of the body');
    expect(handle.tasks.map((task) => task.state)).toEqual(['succeeded', 'succeeded']);
  });

  it("'cancel': what is queued is cancelled, what runs is terminated, then the run ends well", async () => {
    const { handle } = await endWith('cancel');
    expect(handle.tasks.map((task) => task.state)).toEqual(['cancelled', 'cancelled']);
    expect(await handle.result()).toBe('value of the body');
  });

  it('a failing body keeps the policy: its own error is told when its tasks are final', async () => {
    const { scheduler } = bench();
    const gate = new Gate();
    const error = new Error('the body');
    const handle = scheduler.runPipeline(
      (controls) => {
        controls.task(() => gate.promise).run();
        throw error;
      },
      { children: 'wait' },
    );
    await settle();
    expect(handle.state).toBe('running');
    gate.open();
    expect(await handle.exception()).toBe(error);
  });

  it('a run that waits for its tasks can be terminated', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) => void controls.task(obedient).run(), {
      children: 'wait',
    });
    await settle();
    expect(handle.requestTerminate()).toBe(true);
    await settle();
    expect([handle.state, handle.tasks[0]?.state]).toEqual(['cancelled', 'cancelled']);
  });

  it("'wait' counts child runs as well", async () => {
    const { scheduler } = bench();
    const gate = new Gate();
    const handle = scheduler.runPipeline(() => void scheduler.runPipeline(() => gate.promise), {
      children: 'wait',
    });
    await settle();
    expect(handle.state).toBe('running');
    gate.open();
    await handle.result();
  });
});

describe('a child that comes after a run above it', () => {
  it.each(['wait', 'cancel'] as const)(
    'is refused where that run ends only after it (children: %s)',
    async (children) => {
      const { scheduler } = bench();
      let deep: unknown;
      const top: PipelineHandle<unknown> = scheduler.runPipeline(
        () => {
          scheduler.runPipeline(() => {
            try {
              scheduler.runPipeline(() => 'never', { after: [top] });
            } catch (error) {
              deep = error;
            }
          });
          return scheduler.runPipeline(() => 'never', { after: [top] }).result();
        },
        { children },
      );
      expect((await errorOf(top.result())).code).toBe('WOULD_DEADLOCK');
      expect(deep).toMatchObject({ code: 'WOULD_DEADLOCK' });
      expect(scheduler.snapshot().pipelines.total).toBe(2);
    },
  );

  it('runs when that run does not wait for it', async () => {
    const { scheduler } = bench();
    let child: PipelineHandle<string> | undefined;
    const top: PipelineHandle<void> = scheduler.runPipeline(() => {
      child = scheduler.runPipeline(() => 'afterwards', { after: [top] });
    });
    await top.result();
    expect(await child?.result()).toBe('afterwards');
  });
});
