/**
 * What is written is read back the same. Hunts: a value that comes back as another one without a word, an error
 * that hides the failure it reports, a text of yesterday that today's code cannot read.
 */
import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, encodeError, writableError } from '../../../src/core/codec.ts';
import {
  CancelledError,
  SignalboxError,
  TimeoutError,
  UnknownResourceError,
} from '../../../src/core/errors.ts';

const again = (value: unknown): unknown => decode(encode(value));

/**
 * devalue refuses the key `__proto__`, and so do we; everything else round-trips. Invalid dates do too, but are
 * not equal to each other for every version of `assert`.
 */
function isLeftOut(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Date) return Number.isNaN(value.getTime());
  if (value instanceof Map) return [...value].some((pair) => pair.some(isLeftOut));
  if (value instanceof Set) return [...value].some(isLeftOut);
  return Object.keys(value).some(
    (key) => key === '__proto__' || isLeftOut((value as Record<string, unknown>)[key]),
  );
}

describe('values', () => {
  it('come back as they were', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withBoxedValues: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        fc.pre(!isLeftOut(value));
        assert.deepStrictEqual(again(value), value);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['minus zero', -0],
    ['a lone surrogate', '\ud800 and \u2028 and "</script>"'],
    ['a zero character', 'a\0b'],
    ['a regular expression', /a\/b/giu],
    ['a big integer', 2n ** 70n],
  ])('%s comes back', (_, value) => {
    assert.deepStrictEqual(again(value), value);
    assert.deepStrictEqual(again({ value: [value] }), { value: [value] });
  });

  it('an invalid date comes back invalid', () => {
    const back = again(new Date(Number.NaN));
    assert(back instanceof Date);
    expect(back.getTime()).toBeNaN();
  });

  it('a URL comes back', () => {
    const url = again(new URL('https://example.org/a?b=c#d'));
    assert(url instanceof URL);
    expect(url.href).toBe('https://example.org/a?b=c#d');
  });

  it('cycles and repeated references come back', () => {
    const shared = { n: 1 };
    const value: Record<string, unknown> = { one: shared, two: shared, map: new Map([['s', shared]]) };
    value['self'] = value;
    const back = again(value) as typeof value;
    expect(back['self']).toBe(back);
    expect(back['one']).toBe(back['two']);
    expect((back['map'] as Map<string, unknown>).get('s')).toBe(back['one']);
  });

  it('a Buffer comes back as a Buffer, a view with its own bytes and no others', () => {
    const back = again(Buffer.from('grüße')) as Buffer;
    expect(Buffer.isBuffer(back)).toBe(true);
    expect(back.toString('utf8')).toBe('grüße');
    const secret = new TextEncoder().encode('secret open');
    const text = encode(secret.subarray(7));
    expect(text).not.toContain(Buffer.from('secret').toString('base64').slice(0, 6));
    assert.deepStrictEqual(decode(text), new TextEncoder().encode('open'));
    const view = again(new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)) as DataView;
    expect([view.byteLength, view.getUint8(0)]).toEqual([2, 2]);
  });
});

describe('what cannot be written', () => {
  class User {
    readonly name = 'Ada';
  }

  it.each([
    ['a function', { user: { callback: function notify() {} } }, '$.user.callback', 'function notify'],
    ['a symbol', { list: [1, Symbol('s')] }, '$.list[1]', 'Symbol(s)'],
    ['a promise', { later: Promise.resolve() }, '$.later', 'a Promise'],
    ['a class instance', [new User()], '$[0]', 'a User'],
    ['a value of a map', new Map([['k', () => 1]]), '$.get("k")', 'an anonymous function'],
    ['a symbol as key', { a: { [Symbol('x')]: 1 } }, '$.a', 'an object with symbols as keys'],
    [
      'a key that would be a prototype',
      JSON.parse('{"__proto__":1}'),
      '$',
      'an object with a key "__proto__"',
    ],
    ['the value itself', () => 1, '$', 'an anonymous function'],
  ])('%s is refused, with its path', (_, value, path, thing) => {
    let refused: unknown;
    try {
      encode(value, 'the result of task "sum"');
    } catch (error) {
      refused = error;
    }
    assert(refused instanceof SignalboxError);
    expect(refused.code).toBe('RESULT_NOT_SERIALISABLE');
    expect(refused.message).toContain(`the result of task "sum" cannot be written: ${path} is ${thing};`);
    expect(refused.details).toEqual({ path });
  });

  it('a getter that throws, and data deeper than the stack, are refused with their cause', () => {
    const deep: { next?: unknown } = {};
    let at = deep;
    for (let i = 0; i < 100_000; i += 1) at = at.next = {} as { next?: unknown };
    const thrower = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new TypeError('no');
      },
    });
    for (const value of [deep, thrower]) {
      expect(() => encode(value)).toThrow(expect.objectContaining({ code: 'RESULT_NOT_SERIALISABLE' }));
    }
  });
});

describe('errors', () => {
  it('of the library come back as their classes, with all fields', () => {
    const cause = new RangeError('too far');
    const error = new TimeoutError('late', { hint: 'wait', details: { ms: 5, at: new Date(1) }, cause });
    const back = again(error);
    assert(back instanceof TimeoutError);
    assert(back.cause instanceof RangeError);
    expect({ ...back, message: back.message, stack: back.stack }).toEqual({
      name: 'TimeoutError',
      code: 'TIMEOUT',
      hint: 'wait',
      retryable: true,
      details: { ms: 5, at: new Date(1) },
      message: 'late',
      stack: error.stack,
    });
    expect(Object.isFrozen(back.details)).toBe(true);
    expect(Object.keys(back).sort()).toEqual(Object.keys(error).sort());
    expect(again(new UnknownResourceError('gpu', ['cpu']))).toBeInstanceOf(UnknownResourceError);
    expect(again(new SignalboxError('RUN_EXISTS', 'taken'))).toMatchObject({
      code: 'RUN_EXISTS',
      hint: undefined,
    });
  });

  it.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    'of %o come back as themselves',
    (Class) => {
      const back = again(new Class('broken', { cause: 'a string' }));
      assert(back instanceof Class);
      expect([back.name, back.message, back.cause]).toEqual([Class.name, 'broken', 'a string']);
      expect(Object.keys(back)).toEqual([]);
      expect(Object.prototype.toString.call(back)).toBe('[object Error]');
    },
  );

  it('of other classes come back as the nearest known one, with their names and properties', () => {
    class HttpError extends TypeError {
      override readonly name = 'HttpError';
      readonly status = 404;
    }
    class Cancelled extends CancelledError {}
    const back = again(new HttpError('not found'));
    assert(back instanceof TypeError);
    expect(back).toMatchObject({ name: 'HttpError', status: 404, message: 'not found' });
    const cancelled = again(new Cancelled('enough'));
    assert(cancelled instanceof CancelledError);
    expect(cancelled.name).toBe('Cancelled');
    const abort = again(new DOMException('stopped', 'AbortError'));
    assert(abort instanceof DOMException);
    expect([abort.name, abort.message]).toEqual(['AbortError', 'stopped']);
    expect(again(runInNewContext('new RangeError("other realm")'))).toBeInstanceOf(RangeError);
  });

  it('in an AggregateError are kept', () => {
    const back = again(new AggregateError([new TypeError('a'), 'b'], 'both'));
    assert(back instanceof AggregateError);
    expect(back.errors[0]).toBeInstanceOf(TypeError);
    expect(back.errors[1]).toBe('b');
    expect(Object.keys(back)).toEqual([]);
  });

  it('that are their own cause, or hang in a circle, come back in that circle', () => {
    const one = new Error('one') as Error & { cause: unknown };
    one.cause = one;
    const self = again(one) as Error;
    expect(self.cause).toBe(self);
    const outer = new SignalboxError('TASK_FAILED', 'outer', { details: { list: [one] } });
    one.cause = { wrapped: outer };
    const back = again({ outer }) as { outer: SignalboxError };
    const inner = (back.outer.details['list'] as Error[])[0];
    expect(inner?.message).toBe('one');
    expect((inner?.cause as { readonly wrapped: unknown } | undefined)?.wrapped).toBe(back.outer);
  });

  it('lose what cannot be written of them, and never fail', () => {
    const error = Object.assign(new Error('broken'), {
      code: 'E_X',
      request: new Request('https://example.org'),
      retry: () => 1,
      details: { path: '/tmp', socket: new EventTarget(), list: [1, () => 2] },
      [Symbol('s')]: 1,
    });
    Object.defineProperty(error, 'bad', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    const back = again({ error }) as { error: Error };
    expect({ ...back.error }).toEqual({
      code: 'E_X',
      bad: undefined,
      details: { path: '/tmp', list: [1, undefined] },
    });
  });

  it('with causes deeper than the stack keep their words', () => {
    let error = new Error('first');
    for (let i = 0; i < 50_000; i += 1) error = new RangeError('next', { cause: error });
    for (const text of [encodeError(error), encode([writableError(error)])]) {
      const [back] = [decode(text)].flat();
      assert(back instanceof RangeError);
      expect(back.message).toBe('next');
      expect(back.cause).toBeUndefined();
    }
  });

  it.each<[string, unknown, unknown]>([
    ['a string', 'just so', 'just so'],
    ['nothing', undefined, undefined],
    ['a function', function broken() {}, 'function broken'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    [
      'an instance',
      new (class Failure {
        readonly reason = 'r';
        readonly fn = () => 1;
      })(),
      { reason: 'r' },
    ],
    ['an object that hides a function', { code: 1, catch: () => 1 }, { code: 1 }],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no');
          },
        },
      ),
      {},
    ],
  ])('thrown as %s are written too', (_, thrown, expected) => {
    expect(decode(encodeError(thrown))).toEqual(expected);
    expect(decode(encode({ error: writableError(thrown) }))).toEqual({ error: expected });
  });

  it('of any kind are written and read, whatever hangs on them', () => {
    const thing = fc.anything({
      withMap: true,
      withSet: true,
      withDate: true,
      withBigInt: true,
      withTypedArray: true,
    });
    const extra = fc.oneof(thing, fc.func(fc.nat()), fc.constant(Symbol('x')), fc.constant(new WeakMap()));
    fc.assert(
      fc.property(
        fc.string(),
        fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), extra),
        extra,
        (message, extras, cause) => {
          const { stack: _, message: __, name: ___, ...rest } = extras;
          const error = Object.assign(new TypeError(message, { cause }), rest);
          const back = decode(encodeError(error));
          assert(back instanceof TypeError);
          expect(back.message).toBe(message);
          decode(encodeError(cause));
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('reads texts that earlier versions wrote', () => {
  const text = `[{"value":1,"error":8,"until":17},{"date":2,"map":3,"bytes":5,"none":-1},\
["Date","1970-01-01T00:00:00.001Z"],["Map",4,-6],"k",["Buffer",6],["Uint8Array",7],["ArrayBuffer","AQI="],\
["Error",9],{"class":10,"name":10,"message":11,"own":12},"CancelledError","enough",\
{"code":13,"hint":-1,"retryable":14,"details":15},"CANCELLED",false,{"n":16},1,5]`;
  const back = decode(text) as { readonly value: unknown; readonly error: unknown; readonly until: number };
  assert.deepStrictEqual(back.value, {
    date: new Date(1),
    map: new Map([['k', -0]]),
    bytes: Buffer.from([1, 2]),
    none: undefined,
  });
  assert(back.error instanceof CancelledError);
  expect(back.error).toMatchObject({ code: 'CANCELLED', message: 'enough', details: { n: 1 } });
  expect(back.until).toBe(5);
});
