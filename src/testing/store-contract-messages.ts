/** The store contract, messages: what a run is sent, by whom, and that each message counts once. */
import assert from 'node:assert/strict';
import type { RunMessage, SentMessage, StoreSession } from '../stores/store.ts';
import { BatchDraft, claimed, TIME } from './store-draft.ts';
import { type StoreCase, sharedStoreCase, storeCase } from './store-subject.ts';

const STOP: RunMessage = { kind: 'terminate' };

/** What a session would be given now, as `<run> <ordinal> <reason>`. */
async function inbox(session: StoreSession): Promise<string[]> {
  return (await session.inbox()).map(shown);
}

const shown = ({ runId, ordinal, message }: SentMessage): string =>
  `${runId} ${ordinal} ${message.reason ?? '-'}`;

export const storeMessageCases: readonly StoreCase[] = [
  storeCase(
    'gives a session what its runs were sent, in order, until a batch has taken it',
    async (stage) => {
      const session = await stage.open();
      const draft = new BatchDraft();
      const [run, other] = [draft.run('r'), draft.run('other')];
      await draft.commit(session);
      assert.deepEqual(await session.inbox(), []);
      assert.equal(await stage.store.runs.send('r', { kind: 'terminate', reason: 'é\n"\0x' }), true);
      stage.time += 5;
      assert.equal(await stage.store.runs.send('r', STOP), true);
      const both = [
        { runId: 'r', ordinal: 1, message: { kind: 'terminate', reason: 'é\n"\0x' }, at: TIME },
        { runId: 'r', ordinal: 2, message: { kind: 'terminate' }, at: TIME + 5 },
      ];
      assert.deepEqual(await session.inbox(), both);
      assert.deepEqual(await session.inbox(), both);
      await stage.store.runs.send('other', { kind: 'terminate', reason: 'b' });
      draft.batch.taken.push({ run, ordinal: 1 });
      assert.deepEqual(await draft.commit(session), []);
      assert.deepEqual((await inbox(session)).sort(), ['other 1 b', 'r 2 -']);
      draft.move(run, 1, 0, 'running.terminating').batch.taken.push({ run, ordinal: 2 });
      draft.batch.taken.push({ run: other, ordinal: 1 });
      assert.deepEqual(await draft.commit(session), []);
      assert.deepEqual(await session.inbox(), []);
      await stage.store.runs.send('r', { kind: 'terminate', reason: 'third' });
      assert.deepEqual(await inbox(session), ['r 3 third']);
    },
  ),
  storeCase('takes a message of runs that are open, and of no others', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    const run = draft.run('r');
    await draft.commit(session);
    assert.equal(await store.runs.send('none', STOP), false);
    // Its body is over; tasks of it may still run.
    await draft.move(run, 1, 0, 'succeeded').commit(session);
    assert.equal(await store.runs.send('r', STOP), true);
    draft.batch.closed.push(run);
    await draft.commit(session);
    assert.equal(await store.runs.send('r', STOP), false);
    assert.deepEqual(await session.inbox(), []);
    const again = await claimed(session, 'r', { reopen: true });
    assert.deepEqual([again.recorded.messages, await session.inbox()], [[], []]);
    assert.equal(await store.runs.send('r', { kind: 'terminate', reason: 'new' }), true);
    assert.deepEqual(
      (await inbox(session)).map((line) => line.replace(/\d/, '#')),
      ['r # new'],
    );
  }),
  storeCase(
    'keeps what a run was sent while nobody had it, for whoever claims it, and nobody else',
    async ({ store, open }) => {
      const [owner, heir] = [await open(), await open()];
      const draft = new BatchDraft();
      const [run, kept] = [draft.run('r'), draft.run('kept')];
      await draft.commit(owner);
      await store.runs.send('r', { kind: 'terminate', reason: 'a' });
      await owner.release([run]);
      await store.runs.send('r', { kind: 'terminate', reason: 'b' });
      await store.runs.send('kept', STOP);
      assert.deepEqual([await inbox(owner), await inbox(heir)], [['kept 1 -'], []]);
      const { recorded, run: owned } = await claimed(heir, 'r');
      assert.deepEqual(recorded.messages.map(shown), ['r 1 a', 'r 2 b']);
      assert.deepEqual([await inbox(owner), await inbox(heir)], [['kept 1 -'], ['r 1 a', 'r 2 b']]);
      draft.batch.taken.push({ run: owned, ordinal: 1 });
      await draft.commit(heir);
      await heir.release([owned]);
      assert.deepEqual((await claimed(owner, 'r')).recorded.messages.map(shown), ['r 2 b']);
      assert.equal((await store.runs.get(kept.id))?.closed, false);
    },
  ),
  storeCase(
    'lets an owner that lost the run take nothing of it: its heir is given that again (L3)',
    async (stage) => {
      const [owner, heir] = [await stage.open(), await stage.open()];
      const draft = new BatchDraft();
      const [run, kept] = [draft.run('r'), draft.run('kept')];
      await draft.commit(owner);
      await stage.store.runs.send('r', STOP);
      await stage.store.runs.send('kept', STOP);
      await owner.release([run]);
      await claimed(heir, 'r');
      draft.batch.taken.push({ run, ordinal: 1 }, { run: kept, ordinal: 1 });
      assert.deepEqual(await draft.commit(owner), ['r fence']);
      assert.deepEqual([await inbox(owner), await inbox(heir)], [[], ['r 1 -']]);
    },
  ),
  storeCase('takes nothing with a batch that fails', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    const run = draft.run('r');
    await draft.commit(session);
    await store.runs.send('r', STOP);
    draft.batch.taken.push({ run, ordinal: 1 });
    draft.move(run, 1, 0, 'running.terminating').batch.moves.move[0] = 9_999;
    await assert.rejects(async () => session.commit(draft.batch));
    assert.deepEqual(await inbox(session), ['r 1 -']);
  }),
  storeCase(
    'gives a message to the run it names, not to those above or below it',
    async ({ store, open }) => {
      const session = await open();
      const draft = new BatchDraft();
      draft.run('parent');
      draft.run('child', { parentId: 'parent' });
      draft.run('grandchild', { parentId: 'child' });
      await draft.commit(session);
      await store.runs.send('child', STOP);
      assert.deepEqual(await inbox(session), ['child 1 -']);
    },
  ),
  storeCase('forgets what a run was sent when the run is deleted or pruned', async (stage) => {
    const { store } = stage;
    const session = await stage.open();
    const draft = new BatchDraft();
    const [deleted, pruned] = [draft.run('deleted'), draft.run('pruned')];
    await draft.commit(session);
    for (const { id } of [deleted, pruned]) {
      await store.runs.send(id, { kind: 'terminate', reason: 'taken' });
      await store.runs.send(id, { kind: 'terminate', reason: 'waiting' });
    }
    draft.batch.taken.push({ run: deleted, ordinal: 1 }, { run: pruned, ordinal: 1 });
    draft.move(pruned, 1, 0, 'cancelled').batch.closed.push(pruned);
    await draft.commit(session);
    stage.time += session.leaseMs;
    assert.equal(await store.runs.delete('deleted'), true);
    assert.deepEqual(await session.inbox(), []);
    assert.equal(await store.prune({ finishedBefore: TIME + 1_000 }), 1);
    draft.run('deleted');
    draft.run('pruned');
    assert.deepEqual(await draft.commit(session), []);
    assert.deepEqual(await session.inbox(), []);
    await store.runs.send('deleted', STOP);
    assert.deepEqual(await inbox(session), ['deleted 1 -']);
  }),
  storeCase('refuses what is no message, and keeps nothing of it', async ({ store, open }) => {
    const session = await open();
    const draft = new BatchDraft();
    draft.run('r');
    await draft.commit(session);
    const send = store.runs.send as (id: unknown, message?: unknown) => Promise<boolean>;
    const bad: readonly unknown[] = [
      undefined,
      null,
      'terminate',
      [],
      {},
      { kind: 'pause' },
      { kind: 'terminate', reason: 7 },
      { kind: 'terminate', because: 'x' },
    ];
    for (const message of bad)
      await assert.rejects(send('r', message), { code: 'INVALID_ARGUMENT' }, JSON.stringify(message));
    for (const id of ['', 7, undefined])
      await assert.rejects(send(id, STOP), { code: 'INVALID_ARGUMENT' }, String(id));
    assert.deepEqual(await session.inbox(), []);
  }),
  storeCase('tells, where it can, of each message to a run of the session', async ({ store, open }) => {
    const [owner, other] = [await open(), await open()];
    const draft = new BatchDraft();
    draft.run('r');
    await draft.commit(owner);
    const told: string[] = [];
    owner.watch?.(() => told.push('owner'));
    other.watch?.(() => told.push('other'));
    await store.runs.send('r', STOP);
    await store.runs.send('r', STOP);
    await store.runs.send('none', STOP);
    assert.deepEqual(told, owner.watch === undefined ? [] : ['owner', 'owner']);
  }),
  storeCase('gives a closed session no messages', async ({ open }) => {
    const session = await open();
    await session.close();
    await assert.rejects(async () => session.inbox(), { code: 'STORE_UNAVAILABLE' });
  }),
  sharedStoreCase(
    'carries messages from one store object to the session of another, which need not be open',
    async ({ again, open }) => {
      const session = await open();
      const draft = new BatchDraft();
      draft.run('r');
      await draft.commit(session);
      const sender = again();
      assert.equal(await sender.runs.send('r', { kind: 'terminate', reason: 'from outside' }), true);
      await sender.close();
      assert.deepEqual(await inbox(session), ['r 1 from outside']);
      await session.close();
      const late = again();
      assert.equal(await late.runs.send('r', { kind: 'terminate', reason: 'later' }), true);
      const heir = await again().open({ durability: 'relaxed', now: () => TIME });
      const { recorded } = await claimed(heir, 'r');
      assert.deepEqual(recorded.messages.map(shown), ['r 1 from outside', 'r 2 later']);
    },
  ),
];
