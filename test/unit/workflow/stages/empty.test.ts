import { describe, expect, it } from 'vitest';
import { TerminatedError } from '../../../../src/core/errors.ts';
import { VirtualClock } from '../../../../src/testing/virtual-clock.ts';
import { dedent } from '../../../../src/workflow/stages/code.ts';
import { attempt, common, type HostOptions } from './stage-host.ts';

const empty = (echo: string | null, sleep: number | string, options: HostOptions = {}) =>
  attempt({ ...common, kind: 'empty', echo, sleep }, options);

describe('an empty stage', () => {
  it('says its message and has no outputs', async () => {
    const probe = empty('\n  hello ${{ params.n }}\n    there\n', 0, { params: { n: 1 } });
    expect(await probe.value()).toEqual({});
    expect(probe.output.join('')).toBe('hello 1\n  there');
  });

  it('sleeps for as long as it says, in seconds, after it spoke', async () => {
    const clock = new VirtualClock();
    const probe = empty('first', '${{ params.s }}', { clock, params: { s: 2.5 } });
    expect(probe.output).toEqual(['first']);
    await clock.advance(2_499);
    expect(probe.ends).toEqual([]);
    await clock.advance(1);
    expect(await probe.value()).toEqual({});
  });

  it('wakes up when it is stopped', async () => {
    const probe = empty(null, 1_799);
    const reason = new TerminatedError();
    probe.stop(reason);
    expect(await probe.error()).toBe(reason);
  });

  it.each([[-1], [1_800], ['soon'], [''], [Number.NaN], ['${{ params.list }}']])(
    'refuses to sleep %j',
    async (sleep) => {
      const error = await empty('never said', sleep, { params: { list: [1] } }).error();
      expect(error).toMatchObject({ code: 'STAGE_FAILED', message: expect.stringContaining('sleep was') });
    },
  );
});

describe('dedent', () => {
  it.each([
    ['  a\n    b\n\n  c', 'a\n  b\n\nc'],
    ['a\n  b', 'a\n  b'],
    ['\ta\n\t\tb\r\n', 'a\n\tb\n'],
    ['  a\n\tb', '  a\n\tb'],
    ['', ''],
  ])('%j', (text, expected) => {
    expect(dedent(text)).toBe(expected);
  });
});

describe('a raise stage', () => {
  it.each([
    ['text', 'text'],
    ['${{ params.map }}', '{"a":1}'],
    ['${{ params.none }}', 'null'],
    [null, 'null'],
    [7, '7'],
  ])('%j fails with %j', async (message, expected) => {
    const error = await attempt(
      { ...common, kind: 'raise', message },
      { params: { map: { a: 1 }, none: null } },
    ).error();
    expect(error).toMatchObject({ code: 'STAGE_FAILED', message: expected });
  });
});
