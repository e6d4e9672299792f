/** Who sees colours and signs. The hunted bugs: escapes in a file, and boxes on a terminal without Unicode. */
import { describe, expect, it } from 'vitest';
import { hasColor, hasUnicode, isLive, makeStyle } from '../../../../src/cli/terminal/style.ts';

const terminal = { isTTY: true };
const pipe = {};

describe('colours', () => {
  it.each([
    ['a terminal', terminal, {}, true],
    ['a pipe', pipe, {}, false],
    ['a pipe in CI', pipe, { CI: 'true' }, false],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, false],
    ['NO_COLOR', terminal, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
    ['FORCE_COLOR into a pipe', pipe, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0 on a terminal', terminal, { FORCE_COLOR: '0' }, false],
    ['NO_COLOR and FORCE_COLOR', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_, stream, env, expected) => {
    expect(hasColor(stream, env)).toBe(expected);
  });
});

describe('Unicode', () => {
  it.each([
    [{ LANG: 'en_US.UTF-8' }, 'linux', true],
    [{}, 'linux', true],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, 'linux', false],
    [{ LC_ALL: '', LANG: 'de_DE.utf8' }, 'linux', true],
    [{ TERM: 'linux', LANG: 'en_US.UTF-8' }, 'linux', false],
    [{ LANG: 'C' }, 'win32', false],
    [{ WT_SESSION: 'x' }, 'win32', true],
  ])('with %j on %s: %s', (env, platform, expected) => {
    expect(hasUnicode(env as Record<string, string>, platform)).toBe(expected);
  });
  it('has a plain sign for every sign', () => {
    const { signs } = makeStyle({ color: false, unicode: false });
    expect(Object.values(signs).flat().join('')).toMatch(/^[\x20-\x7e]+$/);
  });
});

it('draws over lines only where they can be drawn over', () => {
  expect(isLive(terminal, { TERM: 'xterm' })).toBe(true);
  expect(isLive(terminal, { TERM: 'dumb' })).toBe(false);
  expect(isLive(pipe, {})).toBe(false);
});
