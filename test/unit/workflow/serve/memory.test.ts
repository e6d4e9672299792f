/** What a server remembers. The hunted bugs: half a file after a crash, one folder that forgets another. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileMemory } from '../../../../src/workflow/serve/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('what was written is given back to another process, each folder by itself, and nothing else is left', () => {
  const file = join(folder, 'deep', 'schedules.json');
  const times = new Map([['a.yml', { '0 2 * * * UTC': 1_767_232_800_000 }]]);
  fileMemory(file).write('/flows', times);
  fileMemory(file).write('/others', new Map([['__proto__', { x: 0 }]]));
  expect(fileMemory(file).read('/flows')).toEqual(times);
  expect([...fileMemory(file).read('/others').keys()]).toEqual(['__proto__']);
  expect(fileMemory(file).read('/unknown').size).toBe(0);
  expect(readdirSync(join(folder, 'deep'))).toEqual(['schedules.json']);
  expect(readFileSync(file, 'utf8')).toContain('"0 2 * * * UTC": "2026-01-01T02:00:00.000Z"');
});

it.each(['', '{', '[]', 'null', '{"/flows":3}', '{"/flows":{"a.yml":{"x":"no time"}}}'])(
  'a damaged file (%s) tells nothing, and is replaced by the next writing',
  (text) => {
    const file = join(folder, 'schedules.json');
    writeFileSync(file, text);
    expect([...fileMemory(file).read('/flows').values()].flatMap((times) => Object.keys(times))).toEqual([]);
    fileMemory(file).write('/flows', new Map([['a.yml', { x: 0 }]]));
    expect(fileMemory(file).read('/flows').get('a.yml')).toEqual({ x: 0 });
  },
);

it('reading makes no file', () => {
  const file = join(folder, 'schedules.json');
  fileMemory(file).read('/flows');
  expect(existsSync(file)).toBe(false);
});
