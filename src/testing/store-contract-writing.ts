/** The store contract, writing: batches, refusals, and what a run that is gone on with is told. */
import assert from 'node:assert/strict';
import { decode } from '../core/codec.ts';
import { BatchDraft, claimed, TIME } from './store-draft.ts';
import { type StoreCase, sharedStoreCase, storeCase } from './store-subject.ts';

export const storeWritingCases: readonly StoreCase[] = [
  storeCase('gives back a run as its facts leave it', async ({ open }) => {
    const first = await open();
    const draft = new BatchDraft();
    const run = draft.run('r', {
      version: '2',
      definition: '[1]',
      input: '["x"]',
      priority: 7,
      children: 'wait',
      after: ['earlier', 'another'],
    });
    draft.batch.stages.push({ run, index: 1, name: 'combine' }, { run, index: 0, name: undefined });
    draft
      .task(run, 1)
      .task(run, 2, { parents: [1], isFinally: true, stage: 1, fingerprint: 'g', at: TIME + 9 });
    draft.move(run, 1, 0, 'queued.eligible').move(run, 2, 0, 'running.executing');
    draft.move(run, 3, -1, 'running').move(run, 4, 1, 'queued.eligible').move(run, 5, 2, 'queued.waiting');
    draft.move(run, 6, 1, 'ready').move(run, 7, 1, 'running.executing started', 1);
    draft.move(run, 9, 1, 'succeeded succeeded', 1, { value: new Map([[1, 2n]]) });
    draft.batch.values.push(
      { run, ordinal: 1, kind: 'uuid', value: '42' },
      { run, ordinal: 0, kind: 'now', value: 0.5 },
    );
    assert.deepEqual(await draft.commit(first), []);
    assert.ok(run.key > 0 && run.fence > 0);
    await first.release([run]);

    const { recorded, run: owned } = await claimed(await open(), 'r');
    assert.equal(owned.key, run.key);
    assert.ok(owned.fence > run.fence);
    const { tasks, ...rest } = recorded;
    assert.deepEqual(rest, WHOLE_RUN);
    const [one, two] = tasks;
    assert.deepEqual(decode(one?.payload ?? ''), { value: new Map([[1, 2n]]) });
    assert.deepEqual({ ...one, payload: undefined }, WHOLE_TASK);
    assert.deepEqual(two && [two.parents, two.isFinally, two.stage, two.fingerprint, two.at, two.path], [
      [1],
      true,
      1,
      'g',
      TIME + 9,
      'queued.waiting',
    ]);
  }),
  storeCase(
    'counts failed and lost attempts, and keeps the payload of the last move only',
    async ({ open }) => {
      const first = await open();
      const draft = new BatchDraft();
      const run = draft.run('r');
      draft.task(run, 1).task(run, 2).task(run, 3);
      draft
        .move(run, 1, 1, 'queued.eligible')
        .move(run, 2, 1, 'ready')
        .move(run, 3, 1, 'running.executing started', 1);
      draft.move(run, 5, 1, 'queued.backoff failed', 1, { error: new RangeError('once'), until: TIME + 99 });
      await draft.commit(first);
      draft.move(run, 7, 1, 'ready').move(run, 8, 1, 'running.executing started', 2);
      draft.move(run, 10, 1, 'queued.eligible lost', 2).move(run, 12, 1, 'ready');
      draft.move(run, 13, 1, 'running.executing started', 3);
      draft.move(run, 15, 2, 'failed failed', 1, { error: 'for good' });
      await draft.commit(first);
      await first.close();
      const [one, two, three] = (await claimed(await open(), 'r')).recorded.tasks;
      assert.deepEqual(
        one && [one.path, one.previous, one.attempt, one.failures, one.lost, one.payload, one.seq],
        ['running.executing', 'ready', 3, 1, 1, undefined, 13],
      );
      assert.deepEqual(two && [two.path, two.failures, decode(two.payload ?? '')], [
        'failed',
        0,
        { error: 'for good' },
      ]);
      assert.deepEqual(three && [three.path, three.previous, three.seq, three.movedAt, three.attempt], [
        'queued.waiting',
        undefined,
        0,
        TIME,
        0,
      ]);
    },
  ),
  storeCase('names the groups of attempts that are not over', async ({ open }) => {
    const first = await open();
    const draft = new BatchDraft();
    const run = draft.run('r');
    for (const position of [1, 2]) {
      const seq = position * 10;
      draft.task(run, position).move(run, seq, position, 'running.executing started', 1);
      draft.batch.groups.push({ run, position, attempt: 1, pid: 100 + position, startTime: 's' });
    }
    draft.move(run, 22, 2, 'queued.backoff failed', 1);
    await draft.commit(first);
    draft.batch.groups.push({ run, position: 2, attempt: 2, pid: 202, startTime: 't' });
    await draft.commit(first);
    await first.close();
    assert.deepEqual((await claimed(await open(), 'r')).recorded.groups, [
      { position: 1, attempt: 1, pid: 101, startTime: 's' },
      { position: 2, attempt: 2, pid: 202, startTime: 't' },
    ]);
  }),
  storeCase(
    'refuses a run whose id is taken, with all its facts, and writes the rest of the batch',
    async ({ store, open }) => {
      const session = await open();
      const draft = new BatchDraft();
      draft.run('taken', { name: 'first' });
      await draft.commit(session);
      const second = draft.run('taken', { name: 'second' });
      const other = draft.run('other');
      const twin = draft.run('other', { name: 'twin' });
      draft.task(second, 1).task(other, 1).move(second, 1, 0, 'ready').move(other, 1, 0, 'ready');
      assert.deepEqual(await draft.commit(session), ['taken exists', 'other exists']);
      assert.deepEqual([second.key, twin.key], [0, 0]);
      assert.deepEqual(
        [(await store.runs.get('taken'))?.name, (await store.runs.get('other'))?.state],
        ['first', 'ready'],
      );
      assert.deepEqual([await store.tasks.list('taken'), (await store.tasks.list('other')).length], [[], 1]);
    },
  ),
  storeCase(
    'refuses facts of a run under an old fence (L3), and writes the rest of the batch',
    async ({ store, open }) => {
      const [old, heir] = [await open(), await open()];
      const draft = new BatchDraft();
      const [lost, kept] = [draft.run('lost'), draft.run('kept')];
      await draft.commit(old);
      await old.release([lost]);
      await claimed(heir, 'lost');
      for (const run of [lost, kept]) {
        draft
          .task(run, 1)
          .move(run, 1, 0, 'succeeded', 0, { value: 1 })
          .batch.stages.push({ run, index: 0, name: 's' });
        draft.batch.values.push({ run, ordinal: 0, kind: 'random', value: 1 });
        draft.batch.groups.push({ run, position: 1, attempt: 1, pid: 1, startTime: '' });
        draft.batch.closed.push(run);
      }
      assert.deepEqual(await draft.commit(old), ['lost fence']);
      assert.deepEqual(
        [(await store.runs.get('kept'))?.closed, (await store.runs.get('lost'))?.closed],
        [true, false],
      );
      await heir.close();
      const { recorded } = await claimed(await open(), 'lost');
      assert.deepEqual(
        [recorded.tasks, recorded.values, recorded.groups, recorded.stages, recorded.nextSeq],
        [[], [], [], [], 1],
      );
    },
  ),
  storeCase('refuses facts of a run that was never created', async ({ open }) => {
    const draft = new BatchDraft();
    draft.move({ id: 'none', key: 0, fence: 0 }, 1, 0, 'ready');
    assert.deepEqual(await draft.commit(await open()), ['none fence']);
  }),
  storeCase('writes nothing of a batch that fails, and takes it again', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    const before = draft.run('before');
    await draft.commit(session);
    const run = draft.run('r');
    draft
      .task(run, 1, { spec: { name: 's', kind: 'k', executor: 'e', options: '{}' } })
      .move(run, 1, 1, 'ready');
    draft.task(before, 1).move(before, 1, 1, 'ready').move(run, 2, 1, 'ready');
    draft.batch.moves.move[2] = 9_990;
    await assert.rejects(async () => session.commit(draft.batch));
    assert.deepEqual([run.key, run.fence], [0, 0]);
    const untouched = await store.runs.get('before');
    assert.deepEqual([await store.runs.get('r'), untouched?.tasks.queued], [undefined, 0]);
    draft.batch.moves.move[2] = draft.batch.moves.move[0] ?? 0;
    assert.deepEqual(await draft.commit(session), []);
    const { tasks } = (await store.runs.get('before')) ?? {};
    assert.deepEqual([tasks?.queued, tasks?.ready], [0, 1]);
    assert.deepEqual(
      (await store.events('before')).map((event) => [event.runSeq, event.previous]),
      [[1, undefined]],
    );
    assert.equal((await store.tasks.list('r'))[0]?.kind, 'k');
  }),
  storeCase('takes batches of any size, of many runs at once', async ({ store, open }) => {
    const session = await open('relaxed');
    for (const size of [1, 7, 8, 9, 63, 64, 65, 130, 1_000]) {
      const draft = new BatchDraft();
      const runs = [draft.run(`a${size}`), draft.run(`b${size}`), draft.run(`c${size}`)] as const;
      for (let i = 0; i < size; i += 1) {
        const run = runs[i % 3] ?? runs[0];
        draft
          .task(run, i + 1)
          .move(run, 2 * i + 1, i + 1, 'queued.eligible')
          .move(run, 2 * i + 2, i + 1, 'ready');
      }
      assert.deepEqual(await draft.commit(session), []);
      for (const [at, run] of runs.entries()) {
        const tasks = await store.tasks.list(run.id);
        const positions = Array.from({ length: size }, (_, i) => i + 1).filter(
          (position) => (position - 1) % 3 === at,
        );
        assert.deepEqual(
          tasks.map((task) => task.position),
          positions,
        );
        assert.ok(tasks.every((task) => task.state === 'ready'));
        assert.equal((await store.events(run.id)).length, 2 * positions.length);
      }
    }
  }),
  storeCase('keeps payloads of any length and any characters', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    const run = draft.run('r');
    const texts = ['', 'a\0b', '\ud83d\ude00 \u2028', 'x'.repeat(300_000), 'é'.repeat(2_000_000)];
    for (const [at, value] of texts.entries()) {
      draft.task(run, at + 1).move(run, at + 1, at + 1, 'succeeded', 0, { value });
    }
    await draft.commit(session);
    const stored = await store.tasks.list('r');
    assert.deepEqual(
      stored.map((task) => task.outcome?.value === texts[task.position - 1]),
      texts.map(() => true),
    );
    await session.close();
    const { recorded } = await claimed(await open(), 'r');
    const values = recorded.tasks.map(
      (task) => (decode(task.payload ?? '') as { readonly value: unknown }).value,
    );
    assert.ok(values.every((value, at) => value === texts[at]));
  }),
  sharedStoreCase(
    'keeps what was committed for a store object that comes later',
    async ({ store, again, open }) => {
      const draft = new BatchDraft();
      const run = draft.run('r');
      draft.task(run, 1).move(run, 1, 1, 'succeeded', 0, { value: 'v'.repeat(400_000) });
      await draft.commit(await open());
      await store.close();
      const other = again();
      assert.equal((await other.runs.get('r'))?.tasks.succeeded, 1);
      const session = await other.open({ durability: 'strict', now: () => TIME });
      const { run: owned, recorded } = await claimed(session, 'r');
      assert.equal(recorded.tasks[0]?.payload?.length, 400_000 + '[{"value":1},""]'.length);
      draft.task(owned, 2).move(owned, recorded.nextSeq, 2, 'ready');
      assert.deepEqual(await draft.commit(session), []);
      assert.deepEqual((await other.runs.get('r'))?.tasks, {
        ...(await other.runs.get('r'))?.tasks,
        succeeded: 1,
        ready: 1,
      });
    },
  ),
];

/** What the first case writes, as it is given back; its tasks apart. */
const WHOLE_RUN = {
  id: 'r',
  name: 'example',
  style: 'code',
  version: '2',
  definition: '[1]',
  input: '["x"]',
  priority: 7,
  children: 'wait',
  after: ['earlier', 'another'],
  parentId: undefined,
  parentTask: undefined,
  at: TIME,
  path: 'running.executing',
  previous: 'queued',
  movedAt: TIME + 2,
  payload: undefined,
  closed: false,
  nextSeq: 11,
  stages: [
    { index: 0, name: undefined, path: 'running' },
    { index: 1, name: 'combine', path: 'queued' },
  ],
  values: [
    { ordinal: 0, kind: 'now', value: 0.5 },
    { ordinal: 1, kind: 'uuid', value: '42' },
  ],
  groups: [],
  messages: [],
  childRuns: [],
};

const WHOLE_TASK = {
  position: 1,
  id: 'r-1',
  stage: 0,
  name: 'work',
  kind: 'function',
  executor: 'inline',
  fingerprint: 'f',
  parents: [],
  isFinally: false,
  at: TIME,
  path: 'succeeded',
  previous: 'running',
  seq: 9,
  movedAt: TIME + 9,
  attempt: 1,
  failures: 0,
  lost: 0,
  payload: undefined,
};
