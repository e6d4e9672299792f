/** The parts of RxJS we take are the classes that users have: `instanceof` and operators must see one RxJS. */
import * as rxjs from 'rxjs';
import { expect, it } from 'vitest';
import * as parts from '../../../src/streams/observable.ts';

it.each(['Observable', 'Subscriber', 'Subscription'] as const)('%s is the one that rxjs exports', (name) => {
  expect(parts[name]).toBe(rxjs[name]);
});
