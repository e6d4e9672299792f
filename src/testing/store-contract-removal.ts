/** The store contract, removal: delete, prune, close. */
import assert from 'node:assert/strict';
import type { OwnedRun } from '../stores/store.ts';
import { BatchDraft, TIME } from './store-draft.ts';
import { type StoreCase, storeCase } from './store-subject.ts';

/** A run that is over: `TIME + seq` is when. */
function finished(draft: BatchDraft, id: string, seq: number, parentId?: string): OwnedRun {
  const run = draft.run(id, { parentId });
  draft.task(run, 1).move(run, seq - 1, 1, 'succeeded', 0, { value: 'x'.repeat(300_000) });
  draft.move(run, seq, 0, 'succeeded').batch.closed.push(run);
  return run;
}

export const storeRemovalCases: readonly StoreCase[] = [
  storeCase('deletes a run with everything below it, and nothing else', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    finished(draft, 'parent', 2);
    finished(draft, 'child', 2, 'parent');
    finished(draft, 'grandchild', 2, 'child');
    finished(draft, 'other', 2);
    await draft.commit(session);
    assert.equal(await store.runs.delete('none'), false);
    assert.equal(await store.runs.delete('parent'), true);
    assert.equal(await store.runs.delete('parent'), false);
    assert.deepEqual(
      (await store.runs.list()).map((run) => run.id),
      ['other'],
    );
    for (const id of ['parent', 'child', 'grandchild']) {
      assert.deepEqual([await store.tasks.list(id), await store.events(id)], [[], []]);
      assert.equal(await store.tasks.get(`${id}-1`), undefined);
      assert.deepEqual(await session.claim(id), { kind: 'unknown' });
    }
    assert.equal((await store.tasks.get('other-1'))?.outcome?.kind, 'succeeded');
  }),
  storeCase(
    'gives a deleted id to a new run, of which the old owner cannot write',
    async ({ store, open }) => {
      const session = await open();
      const draft = new BatchDraft();
      const old = finished(draft, 'r', 2);
      await draft.commit(session);
      await store.runs.delete('r');
      const run = draft.run('r', { name: 'new' });
      await draft.commit(session);
      assert.notEqual(run.key, old.key);
      assert.deepEqual(await draft.move(old, 3, 0, 'failed').move(run, 1, 0, 'ready').commit(session), [
        'r fence',
      ]);
      assert.deepEqual(
        [(await store.runs.get('r'))?.state, (await store.tasks.list('r')).length],
        ['ready', 0],
      );
    },
  ),
  storeCase('refuses to delete what is being run, itself or below it', async (stage) => {
    const { store } = stage;
    const session = await stage.open();
    const draft = new BatchDraft();
    const parent = finished(draft, 'parent', 2);
    const child = draft.run('child', { parentId: 'parent' });
    await draft.commit(session);
    for (const id of [parent.id, child.id])
      await assert.rejects(store.runs.delete(id), {
        code: 'RUN_LEASED',
        details: { runId: 'child', owner: session.owner, expiresAt: stage.time + session.leaseMs },
      });
    assert.equal((await store.runs.list()).length, 2);
    await session.release([child]);
    assert.equal(await store.runs.delete('parent'), true);
    const left = draft.run('left');
    await draft.commit(session);
    stage.time += session.leaseMs;
    assert.equal(await store.runs.delete('left'), true);
    assert.deepEqual(await draft.move(left, 1, 0, 'ready').commit(session), ['left fence']);
  }),
  storeCase(
    'prunes what is closed and was over before a time, whole families only',
    async ({ store, open }) => {
      const session = await open();
      const draft = new BatchDraft();
      finished(draft, 'old', 10);
      finished(draft, 'young', 50);
      draft.run('open');
      finished(draft, 'of-open', 10, 'open');
      finished(draft, 'old-parent', 10);
      finished(draft, 'young-child', 50, 'old-parent');
      finished(draft, 'old-family', 10);
      finished(draft, 'old-child', 20, 'old-family');
      finished(draft, 'orphan', 10, 'deleted');
      await draft.commit(session);
      assert.equal(await store.prune({ finishedBefore: TIME }), 0);
      assert.equal(await store.prune({ finishedBefore: TIME + 50 }), 4);
      const left = (await store.runs.list()).map((run) => run.id).sort();
      assert.deepEqual(left, ['of-open', 'old-parent', 'open', 'young', 'young-child']);
      assert.equal((await store.tasks.get('of-open-1'))?.state, 'succeeded');
      assert.equal(await store.prune({ finishedBefore: TIME + 51 }), 3);
    },
  ),
  storeCase('can be closed at any time, and opens again when it is used', async ({ store, open }) => {
    await store.close();
    const session = await open();
    const draft = new BatchDraft();
    draft.run('r');
    await draft.commit(session);
    await store.close();
    await store.close();
    await assert.rejects(async () => session.commit(draft.batch), { code: 'STORE_UNAVAILABLE' });
    await store.runs.list();
    const next = await open();
    draft.run('after');
    assert.deepEqual(await draft.commit(next), []);
    assert.ok((await store.runs.list()).some((run) => run.id === 'after'));
  }),
];
