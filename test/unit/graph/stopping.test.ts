/** Terminating a run of a graph: normal work stops, finally tasks still run, a second request stops them too. */
import { describe, expect, it } from 'vitest';
import { Task, TaskGraph } from '../../../src/index.ts';
import { gated, good, shared, statuses } from './kit.ts';

function preflight() {
  const graph = new TaskGraph({ title: 'preflight' });
  const [slow, clean] = [gated('slow'), gated('clean')];
  graph.add(slow.task);
  const next = graph.add(good('next'), { after: [slow.task] });
  graph.add(clean.task, { after: [slow.task, next], finally: true });
  graph.add(good('report'), { after: [clean.task], finally: true });
  return { graph, slow, clean };
}

describe('a terminated run', () => {
  it('cancels normal tasks, runs finally tasks, and ends cancelled', async () => {
    const scheduler = shared();
    const { graph, slow, clean } = preflight();
    const handle = scheduler.runPipeline(graph);
    await slow.begun.promise;
    expect(handle.requestTerminate('enough')).toBe(true);
    await clean.begun.promise;
    expect([handle.state, handle.phase]).toEqual(['running', 'terminating']);
    clean.gate.open();
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(statuses(graph)).toEqual({
      slow: 'cancelled',
      next: 'cancelled',
      clean: 'succeeded',
      report: 'succeeded',
    });
    expect(graph.ok).toBe(false);
  });

  it('stops its finally tasks when it is asked a second time', async () => {
    const scheduler = shared();
    const { graph, slow, clean } = preflight();
    const handle = scheduler.runPipeline(graph);
    await slow.begun.promise;
    handle.requestTerminate('enough');
    await clean.begun.promise;
    handle.requestTerminate('really');
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled' });
    expect(statuses(graph)).toMatchObject({ clean: 'cancelled', report: 'cancelled' });
  });

  it('resolves graph.run to the graph: by a signal', async () => {
    const { graph, slow, clean } = preflight();
    const stop = new AbortController();
    const run = graph.run({ signal: stop.signal });
    await slow.begun.promise;
    stop.abort(new Error('enough'));
    clean.gate.open();
    expect(await run).toBe(graph);
    expect(statuses(graph)).toMatchObject({ slow: 'cancelled', clean: 'succeeded' });
  });

  it('starts nothing with a signal that is aborted already', async () => {
    const { graph } = preflight();
    expect(await graph.run({ signal: AbortSignal.abort('no') })).toBe(graph);
    expect([graph.ok, new Set(Object.values(statuses(graph)))]).toEqual([false, new Set(['pending'])]);
  });

  it('when its scheduler is closed with abort', async () => {
    const scheduler = shared();
    const { graph, slow, clean } = preflight();
    const run = graph.run({ scheduler });
    await slow.begun.promise;
    clean.gate.open();
    await scheduler.close({ mode: 'abort' });
    expect(await run).toBe(graph);
    expect(statuses(graph)).toMatchObject({ next: 'cancelled', clean: 'succeeded', report: 'succeeded' });
  });
});

describe('cancelling one task', () => {
  it('stops it where it runs, blocks what comes after it, and the rest goes on', async () => {
    const scheduler = shared();
    const { graph, slow, clean } = preflight();
    const run = graph.run({ scheduler });
    await slow.begun.promise;
    slow.task.cancel();
    clean.gate.open();
    await run;
    expect(statuses(graph)).toEqual({
      slow: 'cancelled',
      next: 'blocked',
      clean: 'succeeded',
      report: 'succeeded',
    });
    expect(graph.errors.size).toBe(0);
  });

  it('ends a command with everything it started', async () => {
    const graph = new TaskGraph();
    const task = graph.add(Task.bash('echo begun; sleep 60 & wait', { title: 'sleeper', graceMs: 100 }));
    const scheduler = shared();
    scheduler.events$.subscribe((event) => {
      if (event.type === 'task:output') task.cancel();
    });
    await graph.run({ scheduler });
    expect([task.status, task.result?.output]).toEqual(['cancelled', 'begun\n']);
  });
});
