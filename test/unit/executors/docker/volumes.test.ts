/** Volumes stay below the working folder. The hunted bugs are the ways out: "..", absolute paths, links. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveVolumes } from '../../../../src/executors/docker/volumes.ts';

let outer = '';
let work = '';
beforeAll(() => {
  outer = realpathSync(mkdtempSync(join(tmpdir(), 'volumes-test-')));
  work = join(outer, 'work');
  mkdirSync(join(work, 'data', 'deep'), { recursive: true });
  mkdirSync(join(outer, 'work-of-another'));
  writeFileSync(join(work, 'file.txt'), '');
  symlinkSync('data', join(work, 'inside'));
  symlinkSync('..', join(work, 'up'));
  symlinkSync('/etc', join(work, 'etc'));
  symlinkSync(join(outer, 'work-of-another'), join(work, 'neighbour'));
  symlinkSync(work, join(outer, 'link-to-work'));
});
afterAll(() => rmSync(outer, { recursive: true, force: true }));

const bind = (source: string, target: string, isReadOnly = false) => ({
  Type: 'bind',
  Source: source,
  Target: target,
  ReadOnly: isReadOnly,
});

describe('a volume', () => {
  it('is what lies below the working folder, by its real path', async () => {
    const volumes = {
      data: '/a',
      './data/deep': '/b:ro',
      'file.txt': '/c/file.txt:rw',
      inside: '/d/',
      '.': '/e//f',
    };
    expect(await resolveVolumes(volumes, join(outer, 'link-to-work'))).toEqual([
      bind(join(work, 'data'), '/a'),
      bind(join(work, 'data', 'deep'), '/b', true),
      bind(join(work, 'file.txt'), '/c/file.txt'),
      bind(join(work, 'data'), '/d'),
      bind(work, '/e/f'),
    ]);
  });

  it.each([
    '/etc',
    '..',
    '../work-of-another',
    'data/../../work-of-another',
    'data/..',
    'up',
    'up/work-of-another',
    'etc',
    'etc/passwd',
    'neighbour',
    'C:\\Windows',
    'c:windows',
    '\\\\host\\share',
    '..\\x',
    '',
    'data\0',
  ])('from %j is refused: it may lead out of the working folder', async (source) => {
    await expect(resolveVolumes({ [source]: '/x' }, work)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('a path below the working folder'),
    });
  });

  it('that is not there is refused, instead of being made by the engine for its own user', async () => {
    await expect(resolveVolumes({ none: '/x' }, work)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('cannot be found below'),
    });
  });

  it.each([
    'data',
    '',
    '/',
    '//',
    '/x/..',
    '/logs',
    '/logs/',
    '/logs/sub',
    '/x/../logs',
    '/a:b',
    '/a:ro:rw',
    '/a\0',
  ])('to %j is refused', async (target) => {
    await expect(resolveVolumes({ data: target }, work)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('has a place of its own', async () => {
    await expect(resolveVolumes({ data: '/x', 'file.txt': '/x/' }, work)).rejects.toThrow(
      'the target of two volumes was "/x"',
    );
  });
});
