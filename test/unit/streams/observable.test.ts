/** The parts of RxJS we take are the classes that users have: `instanceof` and operators must see one RxJS. */
import * as rxjs from 'rxjs';
import { expect, it } from 'vitest';
import { Observable, Subscriber, Subscription } from '../../../src/streams/observable.ts';

it('takes the very classes that rxjs exports', () => {
  expect([Observable, Subscriber, Subscription]).toEqual([
    rxjs.Observable,
    rxjs.Subscriber,
    rxjs.Subscription,
  ]);
  expect(Observable).toBe(rxjs.Observable);
});
