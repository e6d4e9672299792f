/** Names of images. The hunted bug: a name that becomes another path of the engine's API. */
import { describe, expect, it } from 'vitest';
import { readImage } from '../../../src/core/image-reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an image', () => {
  it.each([
    ['alpine', undefined, 'alpine:latest'],
    ['alpine', '3.20', 'alpine:3.20'],
    ['python:3.12-slim', undefined, 'python:3.12-slim'],
    ['python:3.12-slim', 'latest', 'python:3.12-slim'],
    ['python:3.12', '3.12', 'python:3.12'],
    ['owner/name', '1', 'owner/name:1'],
    ['ghcr.io/owner/na-me_x/y.z:V1.0_a', undefined, 'ghcr.io/owner/na-me_x/y.z:V1.0_a'],
    ['localhost/x', undefined, 'localhost/x:latest'],
    ['localhost:5000/x', '2', 'localhost:5000/x:2'],
    ['registry:5000/x:2', undefined, 'registry:5000/x:2'],
    ['Registry.Example.com/x', undefined, 'Registry.Example.com/x:latest'],
    [`alpine@${digest}`, undefined, `alpine@${digest}`],
    [`alpine@${digest}`, 'latest', `alpine@${digest}`],
    [`alpine:3@${digest}`, undefined, `alpine:3@${digest}`],
  ])('%s with the tag %s is %s', (image, tag, text) => {
    expect(readImage(image, tag).text).toBe(text);
  });

  it.each([
    '',
    ' ',
    'Alpine',
    '../containers/json',
    'a/../b',
    'a//b',
    '/a',
    'a/',
    'a b',
    'a?x=1',
    'a#b',
    'a%2fb',
    'a:',
    'a:b:c',
    ':tag',
    'a@sha256:12',
    'a\nb',
    '-a',
    `${'a'.repeat(600)}`,
    5,
    null,
    undefined,
    `x:${'t'.repeat(129)}`,
  ])('%j is refused', (image) => {
    expect(() => readImage(image)).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it.each(['', ' ', 'a b', 'a/b', 'a:b', '.a', '-a', '../x', 3, 't'.repeat(129)])(
    'takes no tag %j',
    (tag) => {
      expect(() => readImage('alpine', tag)).toThrow('the tag of an image');
    },
  );

  it('that says its version takes no other', () => {
    expect(() => readImage('alpine:3', '4')).toThrow('alpine:3 says its version itself');
    expect(() => readImage(`alpine@${digest}`, '4')).toThrow('says its version itself');
  });

  it('is read in a time that does not explode with its length', () => {
    expect(() => readImage(`${'a-'.repeat(250)}!`)).toThrow();
    expect(() => readImage(`${'a.'.repeat(250)}/!`)).toThrow();
  });
});
