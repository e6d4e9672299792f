/**
 * `signalbox serve` as a process: start, table, clean stop. What it does at the times of schedules is tested on a clock
 * of its own (test/unit/workflow/serve). The hunted bugs: a server that cannot be stopped, one that a broken file stops,
 * a missed time that nobody can see.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { ended, Folder, objects, said } from './kit.ts';

const HOUR = 3_600_000;

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
  mkdirSync(folder.file('flows'));
  folder.put({
    'flows/nightly.yml':
      'name: nightly\non: { schedule: [{ cronjob: "0 * * * *" }] }\njobs: { a: { stages: [{ name: s, echo: hi }] } }\n',
    'flows/broken.yml': 'name: [\n',
  });
});
afterEach(() => folder.remove());

/** As if a server had last looked so many hours ago. */
function servedUntil(hoursAgo: number): void {
  const time = new Date(Date.now() - hoursAgo * HOUR).toISOString();
  mkdirSync(folder.file('.signalbox'), { recursive: true });
  const written = { [join(folder.path, 'flows')]: { 'nightly.yml': { '0 * * * * UTC': time } } };
  writeFileSync(folder.file('.signalbox/runs.schedules.json'), JSON.stringify(written));
}

describe('signalbox serve', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'tells what it serves and what it does not, and ends on %s with exit 0',
    async (signal) => {
      const child = folder.start(['serve', 'flows']);
      const all = ended(child);
      await said(child.stderr, 'serving; Ctrl-C stops it');
      child.kill(signal);
      const { code, stdout, stderr } = await all;
      assert.equal(code, 0, stderr);
      assert.match(stdout, /broken\.yml is not served: .*flows\/broken\.yml:1:/);
      assert.match(
        stdout,
        /workflow +file +schedule +next\nnightly +nightly\.yml +0 \* \* \* \* UTC +\d{4}-\d\d-\d\d \d\d:\d\d, .*, /,
      );
      assert.match(stderr, /stopping: nothing new is released/);
    },
  );

  it('records what was missed, where runs and --list show it, and resume runs it after all', async () => {
    servedUntil(3);
    const child = folder.start(['serve', 'flows', '--json']);
    const all = ended(child);
    await said(child.stderr, 'serving; Ctrl-C stops it');
    child.kill('SIGINT');
    const { code, stdout } = await all;
    assert.equal(code, 0);
    const missed = objects(stdout).filter(
      ({ type, reason }) => type === 'release:missed' && reason === 'missed',
    );
    assert.ok(missed.length >= 2, stdout);
    const runId = String(missed[0]?.['runId']);
    assert.match(runId, /^nightly@\d{4}-\d\d-\d\dT\d\d:00Z$/);

    const runs = objects((await folder.run(['runs', '--name', 'nightly', '--json'])).stdout);
    assert.ok(runs.some(({ id, state }) => id === runId && state === 'cancelled'));
    const list = await folder.run(['serve', 'flows', '--list']);
    assert.equal(list.code, 0);
    assert.match(list.stdout, /missed +nightly \d{4}-\d\d-\d\d \d\d:\d\d missed +signalbox resume nightly@/);

    const resumed = await folder.run(['resume', runId]);
    assert.equal(resumed.code, 0, resumed.stderr);
    const after = objects((await folder.run(['runs', '--name', 'nightly', '--json'])).stdout);
    assert.ok(after.some(({ id, state }) => id === runId && state === 'succeeded'));
  });

  it('--catch-up runs the newest time that was missed', async () => {
    servedUntil(3);
    const child = folder.start(['serve', 'flows', '--json', '--catch-up']);
    const all = ended(child);
    await said(child.stdout, '"verdict":"succeeded"');
    child.kill('SIGINT');
    assert.equal((await all).code, 0);
  });

  it('--list starts and writes nothing', async () => {
    const { code, stdout, stderr } = await folder.run(['serve', 'flows', '--list']);
    assert.equal(code, 0);
    assert.match(stdout, /^workflow +file[^\n]*\nnightly /);
    assert.match(stderr, /broken\.yml/);
    assert.deepEqual(readdirSync(folder.path), ['flows']);
    const [one = {}] = objects((await folder.run(['serve', 'flows', '--list', '--json'])).stdout);
    assert.equal((one['next'] as readonly string[]).length, 3);
  });

  it('waits for what runs; the second Ctrl-C ends it, with exit 130', async () => {
    folder.put({
      'flows/slow.yml':
        'name: slow\non: { schedule: [{ cronjob: "0 * * * *" }] }\njobs: { a: { stages: [{ name: s, bash: "echo begun; sleep 60" }] } }\n',
    });
    const time = new Date(Date.now() - 3 * HOUR).toISOString();
    mkdirSync(folder.file('.signalbox'), { recursive: true });
    writeFileSync(
      folder.file('.signalbox/runs.schedules.json'),
      JSON.stringify({ [join(folder.path, 'flows')]: { 'slow.yml': { '0 * * * * UTC': time } } }),
    );
    const child = folder.start(['serve', 'flows', '--catch-up']);
    const all = ended(child);
    const waiting = said(child.stderr, 'waiting for what runs');
    await Promise.all([said(child.stdout, 'released'), said(child.stderr, 'serving')]);
    child.kill('SIGINT');
    await waiting;
    child.kill('SIGINT');
    const { code, stdout } = await all;
    assert.equal(code, 130);
    assert.match(stdout, /slow@\S+ cancelled/);
  });

  it.each([
    [['none'], /the folder of workflows was "none"; allowed: a folder that can be read/],
    [['flows', '--parallel', '0'], /Allowed: a whole number/],
    [[], /missing required argument 'folder'/],
  ])('%j: exit 2, what is wrong, nothing made', async (args, message) => {
    const { code, stderr } = await folder.run(['serve', ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.equal(existsSync(folder.file('.signalbox')), false);
  });
});
