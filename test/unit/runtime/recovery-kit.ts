import { expect } from 'vitest';
import { memoryStore, type Store } from '../../../src/index.ts';
import type { Batch, StoreSession } from '../../../src/stores/store.ts';
import type { Gate } from './kit.ts';

export const LATER = 10_000_000;
export const never = () => new Promise<never>(() => {});

export async function states(store: Store, runId: string): Promise<Record<string, string>> {
  const tasks = await store.tasks.list(runId);
  return Object.fromEntries(tasks.map((task) => [task.name, task.state]));
}

type Hook = 'claim' | 'claimed' | 'release' | 'renew' | 'openRuns' | 'inbox' | 'close' | 'open';

/** A store whose calls can be watched, delayed and made to fail. */
export function watched(inner: Store = memoryStore()) {
  const control = {
    failing: undefined as Error | undefined,
    /** Its renewals tell of no run that was lost. */
    blind: false,
    /** It cannot tell by itself of what runs are sent. */
    polled: false,
    gate: undefined as Gate | undefined,
    commits: [] as Batch[],
    on: {} as Partial<Record<Hook, (() => unknown) | undefined>>,
  };
  const wrap = (session: StoreSession): StoreSession => ({
    owner: session.owner,
    leaseMs: session.leaseMs,
    commit: (batch) => {
      if (control.failing !== undefined) throw control.failing;
      const { gate } = control;
      const write = () => {
        control.commits.push(batch);
        return session.commit(batch);
      };
      return gate === undefined ? write() : gate.promise.then(write);
    },
    claim: async (...given) => {
      await control.on.claim?.();
      const claim = await session.claim(...given);
      await control.on.claimed?.();
      return claim;
    },
    release: async (...given) => {
      await control.on.release?.();
      return session.release(...given);
    },
    renew: async (...given) => {
      await control.on.renew?.();
      return control.blind ? session.renew() : session.renew(...given);
    },
    openRuns: async () => {
      await control.on.openRuns?.();
      return session.openRuns();
    },
    inbox: async () => {
      await control.on.inbox?.();
      return session.inbox();
    },
    ...(control.polled || session.watch === undefined ? {} : { watch: session.watch.bind(session) }),
    close: async () => {
      await control.on.close?.();
      return session.close();
    },
  });
  const store: Store = {
    open: async (options) => {
      await control.on.open?.();
      return wrap(await inner.open(options));
    },
    runs: inner.runs,
    tasks: inner.tasks,
    events: inner.events.bind(inner),
    prune: inner.prune.bind(inner),
    close: inner.close.bind(inner),
  };
  return { store, control, inner };
}

export async function expectSequence(store: Store, runId: string): Promise<void> {
  const seqs = (await store.events(runId)).map((event) => event.runSeq);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
}

/** As `expectSequence`, of a run that was asked to stop: that takes a number and is no event. */
export async function expectRising(store: Store, runId: string): Promise<void> {
  const seqs = (await store.events(runId)).map((event) => event.runSeq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
}

/** Every attempt that started has one end, every task one final move (T2). */
export async function expectOneEndEach(store: Store, runId: string): Promise<void> {
  const events = await store.events(runId);
  const count = (key: string) => events.filter((e) => `${e.taskId} ${e.type}` === key).length;
  for (const task of await store.tasks.list(runId)) {
    const ends = ['succeeded', 'failed', 'cancelled', 'blocked'].map((end) =>
      count(`${task.id} task:${end}`),
    );
    expect(
      ends.reduce((a, b) => a + b),
      `final outcomes of ${task.name}`,
    ).toBe(1);
    const over = ['succeeded', 'failed', 'cancelled', 'lost'].map((end) =>
      count(`${task.id} attempt:${end}`),
    );
    expect(
      over.reduce((a, b) => a + b),
      `ends of attempts of ${task.name}`,
    ).toBe(count(`${task.id} attempt:started`));
  }
}
