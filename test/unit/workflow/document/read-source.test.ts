/** Files that are no workflow files: told as problems of the file, before anything is parsed. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkflowError } from '../../../../src/core/errors.ts';
import { readSource } from '../../../../src/workflow/document/index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-source-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function refusal(path: string) {
  const error: unknown = await readSource('given.yml', path).catch((reason: unknown) => reason);
  if (!(error instanceof WorkflowError)) throw error;
  expect(error.code).toBe('WORKFLOW_INVALID');
  expect(error.message).toMatch(/^given\.yml:1:1: /);
  return (error.details['problems'] as readonly { readonly message: string; readonly hint?: string }[])[0];
}

describe('readSource', () => {
  it('gives the text without its byte order mark', async () => {
    expect(await readSource(await file('bom.yml', '\ufeffname: é\n'))).toBe('name: é\n');
  });

  it('names a file that was probably meant where there is none', async () => {
    await file('release.yml', '');
    expect(await refusal(join(folder, 'relaese.yml'))).toMatchObject({
      message: 'there is no such file',
      hint: 'did you mean release.yml?',
    });
    expect((await refusal(join(folder, 'no/such/folder.yml')))?.message).toBe('there is no such file');
    expect((await refusal(join(folder, 'release.yml/inside')))?.message).toBe('there is no such file');
  });

  it('refuses a folder', async () => {
    await mkdir(join(folder, 'flows'));
    expect((await refusal(join(folder, 'flows')))?.message).toBe('this is a folder, not a workflow file');
  });

  it('refuses what is no UTF-8, as a picture or UTF-16', async () => {
    const picture = await file('a.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe));
    expect((await refusal(picture))?.message).toBe('the file is no UTF-8 text');
  });

  it('refuses more than a MiB, and takes exactly one', async () => {
    expect((await refusal(await file('large.yml', 'x'.repeat(1024 * 1024 + 1))))?.message).toMatch(/1048576/);
    expect(await readSource(await file('full.yml', 'x'.repeat(1024 * 1024)))).toHaveLength(1024 * 1024);
  });

  it.skipIf(process.platform === 'win32')(
    'reads a device that never ends no further than allowed',
    async () => {
      expect((await refusal('/dev/zero'))?.message).toMatch(/1048576/);
    },
  );
});
