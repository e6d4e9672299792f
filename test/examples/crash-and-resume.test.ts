/** The example of a crash as people run it. The hunted bug: a finished step that is done again. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'vitest';

const program = fileURLToPath(new URL('../../dist/examples/crash-and-resume/main.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crash-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const env = { ...process.env, TMPDIR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [program], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** The indented lines below a heading. */
function below(stdout: string, heading: string): readonly string[] {
  const lines = stdout.split('\n');
  const first = lines.indexOf(heading) + 1;
  assert.ok(first > 0, `${heading} in ${stdout}`);
  const end = lines.findIndex((line, i) => i >= first && !line.startsWith('  '));
  return lines.slice(first, end).map((line) => line.trim());
}

describe('crash-and-resume', () => {
  it('is killed in its third step, does only that and the rest again, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await run();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, stdout);
    assert.match(stdout, /^life 1: ended by SIGKILL during upload$/m);
    assert.match(stdout, /^life 2: released reader, writer, viewer$/m);
    assert.deepEqual(below(stdout, 'The journal, one line for each body that was entered:'), [
      'life 1: fetch, attempt 1',
      'life 1: pack, attempt 1',
      'life 1: upload, attempt 1',
      'life 2: upload, attempt 2',
      'life 2: announce, attempt 1',
    ]);
    assert.deepEqual(below(stdout, 'The ledger, tasks of the run:'), [
      'fetch    succeeded, attempts: 1',
      'pack     succeeded, attempts: 1',
      'upload   succeeded, attempts: 2',
      'announce succeeded, attempts: 1',
    ]);
    const upload = below(stdout, 'The ledger, what happened to upload:');
    assert.deepEqual(
      upload.filter((line) => line.startsWith('attempt:')),
      ['attempt:started 1', 'attempt:lost 1', 'attempt:started 2', 'attempt:succeeded 2'],
    );
    assert.deepEqual(readdirSync(folder), []);
  });
});
