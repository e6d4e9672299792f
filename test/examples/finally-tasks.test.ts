/** The example of finally tasks as people run it, and its graph in this process. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { nightly } from '../../examples/finally-tasks/nightly.ts';

const program = fileURLToPath(new URL('../../dist/examples/finally-tasks/main.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightly-'));
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

describe('finally-tasks', () => {
  it('tells what failed, what that blocked, what ran all the same, and leaves no folder behind', async () => {
    const { code, stdout, stderr } = await run();
    assert.deepEqual({ code, stderr }, { code: 1, stderr: '' });
    assert.match(stdout, /^nightly readings: not ok\n {2}succeeded download\n/);
    assert.match(stdout, /failed {4}mean of hill\n/);
    assert.match(stdout, /blocked {3}warmest, blocked by mean of hill\n/);
    assert.match(stdout, /succeeded remove the folder \(finally\)\n/);
    assert.match(stdout, /failed {4}tell the team \(optional\)\n/);
    assert.match(stdout, / {2}mean of hill: failed, hill\.txt, line 2: 12:00 sensor off is no reading\n/);
    assert.match(stdout, / {2}tell the team: exit code 127\n/);
    assert.match(stdout, /\nflowchart TD\n {2}n0\["download"\]:::succeeded\n/);
    assert.deepEqual(readdirSync(folder), []);
    assert.equal((await run()).stdout, stdout);
  });

  it('is not ok by the broken station alone: the failed message does not count', async () => {
    const { graph, report } = nightly('exit 7');
    await graph.run();
    assert.deepEqual(
      graph.requiredFailed.map(({ title }) => title),
      ['mean of hill'],
    );
    assert.deepEqual(
      graph.optionalFailed.map(({ title }) => title),
      ['tell the team'],
    );
    assert.equal(report.status, 'succeeded');
    assert.ok(!existsSync(String(graph.tasks[0]?.result?.output)));
  });
});
