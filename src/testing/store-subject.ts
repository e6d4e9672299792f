/** What the store contract needs of a store under test, and how its cases are made. */
import type { Durability, Store, StoreSession } from '../stores/store.ts';
import { TIME } from './store-draft.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** Another store object on the same data, as another process would have; undefined where there can be none. */
  readonly again?: () => Store;
  /** Removes the data. Stores are closed by then. */
  readonly dispose?: () => Promise<void> | void;
}

export interface StoreSubject {
  /** An empty store. */
  readonly create: () => Promise<StoreUnderTest> | StoreUnderTest;
  /** Whether `again` is given. */
  readonly canShare: boolean;
}

export interface StoreCase {
  /** A sentence about the store. */
  readonly name: string;
  /** Why the case does not apply to the subject; undefined when it does. */
  readonly skip?: (subject: StoreSubject) => string | undefined;
  readonly run: (subject: StoreSubject) => Promise<void>;
}

/** What a case works with. Time stands still at `TIME` unless the case moves it. */
export interface StoreStage {
  readonly store: Store;
  readonly again: () => Store;
  /** Epoch milliseconds, as sessions are told. */
  time: number;
  open(durability?: Durability): Promise<StoreSession>;
}

export function storeCase(name: string, body: (stage: StoreStage) => Promise<void>): StoreCase {
  return {
    name,
    run: async (subject) => {
      const { store, again, dispose } = await subject.create();
      const others: Store[] = [];
      const stage: StoreStage = {
        store,
        again: () => {
          const other = again?.() ?? store;
          others.push(other);
          return other;
        },
        time: TIME,
        open: async (durability = 'strict') => store.open({ durability, now: () => stage.time }),
      };
      try {
        await body(stage);
      } finally {
        for (const one of [...others, store]) await one.close();
        await dispose?.();
      }
    },
  };
}

/** A case with several store objects on the same data. */
export function sharedStoreCase(name: string, body: (stage: StoreStage) => Promise<void>): StoreCase {
  const skip = ({ canShare }: StoreSubject): string | undefined =>
    canShare ? undefined : 'the data of such a store belongs to one store object';
  return { ...storeCase(name, body), skip };
}
