/**
 * The store contract: what every implementation of the `Store` port promises, as cases for any test runner. `it`
 * here is the runner's own:
 *
 *     for (const { name, skip, run } of storeContract) {
 *       it.skipIf(skip?.(subject) !== undefined)(name, () => run(subject));
 *     }
 *
 * A case fails by throwing an AssertionError. Every case makes a store of its own, and disposes of it.
 */
import { storeLeaseCases } from './store-contract-leases.ts';
import { storeMessageCases } from './store-contract-messages.ts';
import { storeReadingCases } from './store-contract-reading.ts';
import { storeRemovalCases } from './store-contract-removal.ts';
import { storeWritingCases } from './store-contract-writing.ts';
import type { StoreCase } from './store-subject.ts';

export type { StoreCase, StoreSubject, StoreUnderTest } from './store-subject.ts';

export const storeContract: readonly StoreCase[] = [
  ...storeWritingCases,
  ...storeLeaseCases,
  ...storeMessageCases,
  ...storeReadingCases,
  ...storeRemovalCases,
];
