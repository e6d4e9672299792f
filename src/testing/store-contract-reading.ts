/** The store contract, the reading side: runs, tasks and events as users get them. */
import assert from 'node:assert/strict';
import type { OwnedRun, StoredEvent } from '../stores/store.ts';
import { BatchDraft, TIME } from './store-draft.ts';
import { type StoreCase, sharedStoreCase, storeCase } from './store-subject.ts';

export const storeReadingCases: readonly StoreCase[] = [
  storeCase('tells a run with its times, outcome and tasks by state', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    const run = draft.run('r', { input: '[{"a":1},2]', version: '3', parentId: 'elsewhere' });
    await draft.commit(session);
    const tasks = { queued: 0, ready: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, blocked: 0 };
    const told = {
      id: 'r',
      name: 'example',
      style: 'code',
      version: '3',
      state: 'queued',
      input: { a: 2 },
      outcome: undefined,
      createdAt: TIME,
      startedAt: undefined,
      finishedAt: undefined,
      tasks,
      parentId: 'elsewhere',
      closed: false,
      owner: session.owner,
    };
    assert.deepEqual(await store.runs.get('r'), told);
    draft.task(run, 1).task(run, 2).task(run, 3).move(run, 1, 0, 'queued.eligible').move(run, 2, 0, 'ready');
    draft.move(run, 3, 0, 'running.executing').move(run, 4, 1, 'queued.eligible').move(run, 5, 2, 'ready');
    await draft.commit(session);
    const running = {
      ...told,
      state: 'running',
      startedAt: TIME + 3,
      tasks: { ...tasks, queued: 2, ready: 1 },
    };
    assert.deepEqual(await store.runs.get('r'), running);
    draft.move(run, 6, 0, 'running.suspended').move(run, 7, 0, 'queued.eligible').move(run, 8, 0, 'ready');
    draft.move(run, 9, 0, 'running.executing').move(run, 10, 0, 'running.terminating');
    draft
      .move(run, 11, 2, 'running.executing started', 1)
      .move(run, 13, 2, 'failed failed', 1, { error: 'e' });
    draft.move(run, 15, 0, 'failed', 0, { error: new TypeError('broken'), reason: 'why' });
    draft.batch.closed.push(run);
    await draft.commit(session);
    const { outcome, ...rest } = (await store.runs.get('r')) ?? {};
    assert.deepEqual(rest, {
      ...Object.fromEntries(Object.entries(told).filter(([key]) => key !== 'outcome')),
      state: 'failed',
      startedAt: TIME + 9,
      finishedAt: TIME + 15,
      tasks: { ...tasks, queued: 2, failed: 1 },
      closed: true,
      owner: undefined,
    });
    assert.ok(outcome?.error instanceof TypeError);
    assert.deepEqual([outcome.kind, outcome.reason, 'value' in outcome], ['failed', 'why', false]);
  }),
  storeCase('counts tasks by state also after the run changed hands', async ({ store, open }) => {
    const draft = new BatchDraft();
    let run = draft.run('r');
    draft.task(run, 1).task(run, 2).move(run, 1, 1, 'ready');
    const first = await open();
    await draft.commit(first);
    await first.close();
    const second = await open();
    const claim = await second.claim('r');
    assert.ok(claim.kind === 'claimed');
    run = claim.run;
    draft.move(run, 2, 1, 'running.executing started', 1).task(run, 3);
    await draft.commit(second);
    const { tasks } = (await store.runs.get('r')) ?? {};
    assert.deepEqual([tasks?.queued, tasks?.ready, tasks?.running], [2, 0, 1]);
    const previous = (await store.events('r')).map((event) => event.previous);
    assert.deepEqual(previous, [undefined, 'ready', undefined]);
  }),
  storeCase(
    'tells tasks in the order of submission, with state, phase, times and options',
    async ({ store, open }) => {
      const session = await open();
      const draft = new BatchDraft();
      const run = draft.run('r');
      const spec = {
        name: 'load',
        kind: 'bash',
        executor: 'process',
        options: '{"retry":{"maxAttempts":2}}',
      };
      draft.task(run, 1).task(run, 2, { spec, parents: [1], stage: 4, at: TIME + 1 });
      draft.task(run, 3, { spec: { ...spec }, parents: [2, 1], isFinally: true });
      draft
        .move(run, 1, 1, 'running.executing started', 1)
        .move(run, 3, 1, 'succeeded succeeded', 1, { value: [1n] });
      draft.move(run, 5, 2, 'queued.held', 0, { reason: 'wait', until: 5 });
      await draft.commit(session);
      const [one, two, three, ...none] = await store.tasks.list('r');
      assert.deepEqual(none, []);
      assert.deepEqual(one, {
        id: 'r-1',
        runId: 'r',
        name: 'work',
        kind: 'function',
        executor: 'inline',
        stage: 0,
        position: 1,
        state: 'succeeded',
        phase: undefined,
        attempts: 1,
        outcome: { kind: 'succeeded', value: [1n] },
        dependsOn: [],
        isFinally: false,
        createdAt: TIME,
        startedAt: TIME + 1,
        finishedAt: TIME + 3,
        options: { resources: { cpu: 1 } },
      });
      assert.deepEqual(two && [two.name, two.kind, two.executor, two.stage, two.createdAt, two.options], [
        'load',
        'bash',
        'process',
        4,
        TIME + 1,
        { retry: { maxAttempts: 2 } },
      ]);
      assert.deepEqual(
        [two?.state, two?.phase, two?.outcome, two?.dependsOn],
        ['queued', 'held', undefined, ['r-1']],
      );
      assert.deepEqual([three?.dependsOn, three?.isFinally, three?.phase], [['r-2', 'r-1'], true, 'waiting']);
      for (const task of [one, two, three]) assert.deepEqual(await store.tasks.get(task?.id ?? ''), task);
    },
  ),
  storeCase('knows nothing of unknown runs and tasks', async ({ store }) => {
    assert.deepEqual(
      [
        await store.runs.get('none'),
        await store.tasks.get('none'),
        await store.tasks.list('none'),
        await store.events('none'),
      ],
      [undefined, undefined, [], []],
    );
  }),
  storeCase('tells events as they were told live, numbered by their run', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    tellALife(draft, draft.run('r'));
    await draft.commit(session);
    const events = await store.events('r');
    assert.deepEqual(events.map(summary), [
      '1 pipeline:running example -',
      '2 stage:running combine -',
      '3 stage:succeeded 1 -',
      '4 task:queued work - 0',
      '5 task:held work queued 0 because',
      '6 task:running work queued 1',
      '7 attempt:started work - 1',
      '8 attempt:failed work - 1 Error: once',
      '9 task:retrying work running 1 Error: once',
      '10 task:running work queued 2',
      '11 attempt:started work - 2',
      '12 task:suspended work running 2',
      '13 attempt:lost work - 2',
      '14 task:queued work running 2 gone',
      '15 attempt:succeeded work - 2',
      '16 task:succeeded work queued 2',
      '17 pipeline:suspended example running',
      '18 pipeline:cancelled example running terminated',
    ]);
    assert.deepEqual(events[0], {
      runSeq: 1,
      type: 'pipeline:running',
      at: TIME + 1,
      runId: 'r',
      name: 'example',
      state: 'running',
    });
    assert.deepEqual(events[6], {
      runSeq: 7,
      type: 'attempt:started',
      at: TIME + 6,
      runId: 'r',
      taskId: 'r-1',
      name: 'work',
      stage: 0,
      attempt: 1,
    });
    assert.equal(events[1]?.stage, 0);
  }),
  storeCase(
    'tells events after a number, also between the two of one move, and no more than asked',
    async ({ store, open }) => {
      const draft = new BatchDraft();
      tellALife(draft, draft.run('r'));
      await draft.commit(await open());
      const all = await store.events('r');
      for (let after = 0; after <= all.length + 1; after += 1) {
        assert.deepEqual(await store.events('r', { afterRunSeq: after }), all.slice(after));
        assert.deepEqual(
          await store.events('r', { afterRunSeq: after, limit: 2 }),
          all.slice(after, after + 2),
        );
      }
    },
  ),
  storeCase('lists the newest runs first, by state, name and time', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    for (let i = 0; i < 120; i += 1) {
      const run = draft.run(`r${i}`, { name: i % 2 === 0 ? 'even' : 'odd', at: TIME + i });
      if (i >= 100) draft.move(run, 1, 0, i % 10 === 0 ? 'failed' : 'running.executing');
    }
    await draft.commit(session);
    const ids = async (filter?: Parameters<typeof store.runs.list>[0]) =>
      (await store.runs.list(filter)).map((run) => run.id);
    const newest = Array.from({ length: 100 }, (_, i) => `r${119 - i}`);
    assert.deepEqual(await ids(), newest);
    assert.deepEqual(await ids({}), newest);
    assert.equal((await ids({ limit: 1_000 })).length, 120);
    assert.deepEqual(await ids({ limit: 2 }), ['r119', 'r118']);
    assert.deepEqual(await ids({ state: 'failed' }), ['r110', 'r100']);
    assert.deepEqual(await ids({ state: 'queued', limit: 1 }), ['r99']);
    assert.deepEqual(await ids({ state: 'running', name: 'even', since: TIME + 112, limit: 3 }), [
      'r118',
      'r116',
      'r114',
    ]);
    assert.deepEqual(await ids({ since: TIME + 118 }), ['r119', 'r118']);
    assert.deepEqual(await ids({ name: 'none' }), []);
  }),
  storeCase('refuses requests that make no sense, and says what is allowed', async ({ store }) => {
    const bad: readonly (() => Promise<unknown>)[] = [
      () => store.runs.list({ state: 'done' as never }),
      () => store.runs.list({ limit: 0 }),
      () => store.runs.list({ sinse: 1 } as never),
      () => store.runs.list({ since: new Date(0) as never }),
      () => store.runs.list('failed' as never),
      () => store.runs.get('' as never),
      () => store.tasks.list(7 as never),
      () => store.tasks.get(undefined as never),
      () => store.events('r', { afterRunSeq: -1 }),
      () => store.events('r', { limit: 1.5 }),
      () => store.events('r', { after: 1 } as never),
      () => store.runs.delete(null as never),
      () => store.prune({} as never),
      () => store.prune(undefined as never),
    ];
    for (const ask of bad) await assert.rejects(ask, { code: 'INVALID_ARGUMENT' });
  }),
  sharedStoreCase('lets another store object read while one writes', async ({ again, open }) => {
    const session = await open();
    const reader = again();
    const draft = new BatchDraft();
    const run = draft.run('r');
    for (let i = 0; i < 50; i += 1) {
      draft.task(run, i + 1).move(run, i + 1, i + 1, 'ready');
      assert.deepEqual(await draft.commit(session), []);
      assert.equal((await reader.runs.get('r'))?.tasks.ready, i + 1);
      assert.equal((await reader.events('r')).length, i + 1);
    }
  }),
];

/** Everything that has an event, with each kind of payload. */
function tellALife(draft: BatchDraft, run: OwnedRun): void {
  draft.batch.stages.push({ run, index: 0, name: 'combine' }, { run, index: 1, name: undefined });
  draft.task(run, 1);
  draft.move(run, 1, 0, 'running.executing');
  draft.move(run, 2, -1, 'running').move(run, 3, -2, 'succeeded');
  draft.move(run, 4, 1, 'queued.eligible').move(run, 5, 1, 'queued.held', 0, { reason: 'because' });
  draft.move(run, 6, 1, 'running.executing started', 1);
  draft.move(run, 8, 1, 'queued.backoff failed', 1, { error: new Error('once'), until: 9 });
  draft.move(run, 10, 1, 'running.executing started', 2).move(run, 12, 1, 'running.suspended', 2);
  draft.move(run, 13, 1, 'queued.eligible lost', 2, { error: 'gone' });
  draft.move(run, 15, 1, 'succeeded succeeded', 2, { value: 1 });
  draft.move(run, 17, 0, 'running.suspended').move(run, 18, 0, 'cancelled', 0, { reason: 'terminated' });
}

function summary(event: StoredEvent): string {
  const rest = [event.attempt, event.error, event.reason].filter((part) => part !== undefined);
  return [event.runSeq, event.type, event.name, event.previous ?? '-', ...rest].join(' ');
}
