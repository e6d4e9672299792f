/** The store contract, ownership: claims, leases, releases, reopening. */
import assert from 'node:assert/strict';
import { BatchDraft, claimed } from './store-draft.ts';
import { type StoreCase, sharedStoreCase, storeCase } from './store-subject.ts';

export const storeLeaseCases: readonly StoreCase[] = [
  storeCase('keeps a run from other sessions while its owner lives, and says who that is', async (stage) => {
    const [owner, other] = [await stage.open(), await stage.open()];
    assert.notEqual(owner.owner.session, other.owner.session);
    const draft = new BatchDraft();
    const run = draft.run('r');
    await draft.commit(owner);
    const expiresAt = stage.time + owner.leaseMs;
    for (const session of [other, owner])
      assert.deepEqual(await session.claim('r'), { kind: 'leased', owner: owner.owner, expiresAt });
    stage.time = expiresAt - 1;
    assert.equal((await other.claim('r')).kind, 'leased');
    assert.deepEqual((await stage.store.runs.get('r'))?.owner, owner.owner);
    draft.move(run, 1, 0, 'ready');
    assert.deepEqual(await draft.commit(owner), []);
  }),
  storeCase('gives a run whose lease ran out to the next, and never back by itself', async (stage) => {
    const [owner, heir] = [await stage.open(), await stage.open()];
    const draft = new BatchDraft();
    const run = draft.run('r');
    await draft.commit(owner);
    stage.time += owner.leaseMs;
    await heir.renew();
    const { run: owned } = await claimed(heir, 'r');
    assert.ok(owned.fence > run.fence);
    assert.deepEqual(await heir.renew([owned]), []);
    assert.deepEqual(await owner.renew([run]), [run]);
    draft.move(run, 1, 0, 'ready').batch.closed.push(run);
    assert.deepEqual(await draft.commit(owner), ['r fence']);
    await owner.release([run]);
    draft.move(owned, 1, 0, 'running.executing');
    assert.deepEqual(await draft.commit(heir), []);
    assert.deepEqual((await stage.store.runs.get('r'))?.owner, heir.owner);
  }),
  storeCase('extends the lease of everything a session owns, claimed runs included', async (stage) => {
    const [owner, other] = [await stage.open(), await stage.open()];
    const draft = new BatchDraft();
    const released = draft.run('claimed');
    await draft.commit(other);
    await other.release([released]);
    await claimed(owner, 'claimed');
    draft.run('created');
    await draft.commit(owner);
    stage.time += owner.leaseMs - 1;
    await owner.renew();
    stage.time += owner.leaseMs - 1;
    for (const id of ['claimed', 'created']) assert.equal((await other.claim(id)).kind, 'leased');
    stage.time += 1;
    for (const id of ['claimed', 'created']) assert.equal((await other.claim(id)).kind, 'claimed');
  }),
  storeCase(
    'lets a session claim what it let run out, under a lease that counts from then',
    async (stage) => {
      const [owner, other] = [await stage.open(), await stage.open()];
      const draft = new BatchDraft();
      draft.run('r');
      await draft.commit(owner);
      stage.time += 10 * owner.leaseMs;
      await claimed(owner, 'r');
      stage.time += owner.leaseMs - 1;
      assert.equal((await other.claim('r')).kind, 'leased');
    },
  ),
  storeCase(
    'gives up what is released, at once: to anybody, and from then on nothing of its old owner',
    async (stage) => {
      const [owner, heir] = [await stage.open(), await stage.open()];
      const draft = new BatchDraft();
      const [run, kept] = [draft.run('r'), draft.run('kept')];
      await draft.commit(owner);
      await owner.release([run]);
      assert.equal((await stage.store.runs.get('r'))?.owner, undefined);
      draft.move(run, 1, 0, 'ready').move(kept, 1, 0, 'ready');
      assert.deepEqual(await draft.commit(owner), ['r fence']);
      const { recorded } = await claimed(heir, 'r');
      assert.deepEqual([recorded.path, recorded.closed, recorded.nextSeq], ['queued.waiting', false, 1]);
      assert.equal((await heir.claim('kept')).kind, 'leased');
    },
  ),
  storeCase('gives up everything of a session that closes, which then writes no more', async (stage) => {
    const [owner, heir] = [await stage.open(), await stage.open()];
    const draft = new BatchDraft();
    const run = draft.run('r');
    await draft.commit(owner);
    await owner.close();
    await owner.close();
    await assert.rejects(async () => owner.commit(draft.move(run, 1, 0, 'ready').batch), {
      code: 'STORE_UNAVAILABLE',
    });
    await claimed(heir, 'r');
  }),
  storeCase('knows no run of an unknown id', async ({ open }) => {
    assert.deepEqual(await (await open()).claim('none'), { kind: 'unknown' });
  }),
  storeCase(
    'hands out a closed run only to be read, unless it is to be opened again',
    async ({ store, open }) => {
      const [first, second] = [await open(), await open()];
      const draft = new BatchDraft();
      const run = draft.run('r');
      draft
        .task(run, 1)
        .move(run, 1, 1, 'succeeded')
        .move(run, 2, 0, 'succeeded', 0, { value: 5 })
        .batch.closed.push(run);
      await draft.commit(first);
      const stored = await store.runs.get('r');
      assert.deepEqual([stored?.closed, stored?.owner], [true, undefined]);
      draft.move(run, 3, 0, 'queued.eligible');
      assert.deepEqual(await draft.commit(first), ['r fence']);
      const closed = await second.claim('r');
      assert.ok(closed.kind === 'closed');
      assert.deepEqual(
        [closed.recorded.closed, closed.recorded.path, closed.recorded.tasks.length],
        [true, 'succeeded', 1],
      );
      assert.deepEqual([await second.openRuns(), (await store.runs.get('r'))?.closed], [[], true]);

      const opened = await claimed(second, 'r', { reopen: true });
      assert.ok(opened.run.fence > run.fence);
      assert.deepEqual([opened.recorded.closed, opened.recorded.nextSeq], [false, 3]);
      draft.move(opened.run, 3, 0, 'queued.eligible').move(opened.run, 4, 1, 'queued.eligible');
      assert.deepEqual(await draft.commit(second), []);
      const again = await store.runs.get('r');
      assert.deepEqual(
        [again?.closed, again?.state, again?.finishedAt, again?.outcome, again?.tasks.queued],
        [false, 'queued', undefined, undefined, 1],
      );
      assert.equal((await first.claim('r', { reopen: true })).kind, 'leased');
    },
  ),
  storeCase('lists the runs that are not closed in the order of creation', async ({ open }) => {
    const session = await open();
    const draft = new BatchDraft();
    draft.run('z', { name: 'one', version: '1' });
    const closing = draft.run('m');
    await draft.commit(session);
    draft.run('a', { style: 'graph', parentId: 'z' });
    draft.batch.closed.push(closing);
    await draft.commit(session);
    assert.deepEqual(await session.openRuns(), [
      { id: 'z', name: 'one', style: 'code', version: '1', parentId: undefined },
      { id: 'a', name: 'example', style: 'graph', version: undefined, parentId: 'z' },
    ]);
  }),
  storeCase('names the runs that a run submitted, in order', async ({ open }) => {
    const session = await open();
    const draft = new BatchDraft();
    const parent = draft.run('p');
    draft.run('z', { parentId: 'p', parentTask: 3, name: 'late' });
    await draft.commit(session);
    draft.run('b', { parentId: 'p' });
    draft.run('grandchild', { parentId: 'b' });
    await draft.commit(session);
    await session.release([parent]);
    assert.deepEqual((await claimed(session, 'p')).recorded.childRuns, [
      { id: 'z', name: 'late', parentTask: 3 },
      { id: 'b', name: 'example', parentTask: undefined },
    ]);
  }),
  sharedStoreCase(
    'lets store objects on the same data compete like sessions of one',
    async ({ again, open }) => {
      const owner = await open();
      const draft = new BatchDraft();
      const run = draft.run('r');
      await draft.commit(owner);
      const other = await again().open({ durability: 'relaxed', now: () => 0 });
      assert.equal((await other.claim('r')).kind, 'leased');
      await owner.release([run]);
      const { run: owned } = await claimed(other, 'r');
      assert.deepEqual(await draft.move(run, 1, 0, 'ready').commit(owner), ['r fence']);
      assert.deepEqual(await draft.move(owned, 1, 0, 'ready').commit(other), []);
    },
  ),
];
