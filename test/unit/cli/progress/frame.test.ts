/** The picture of a run as people see it. */
import { describe, expect, it } from 'vitest';
import { frame } from '../../../../src/cli/progress/frame.ts';
import { makeStyle } from '../../../../src/cli/terminal/style.ts';
import { plain, Told, wide } from './kit.ts';

const text = (lines: readonly string[]): string => lines.join('\n');

/** A small release: built, being tested, not published. */
function release(): Told {
  return new Told({ stages: ['build', 'test', 'publish'], resources: { cpu: 4 } })
    .stage(0, 'build', 'running')
    .task(0, 'compile', 'running')
    .task(0, 'compile', 'succeeded')
    .stage(0, 'build', 'succeeded')
    .event({ type: 'resource:changed', label: 'cpu', capacity: 4, inUse: 3 })
    .stage(1, 'test', 'running')
    .task(1, '[os=linux] > unit', 'running')
    .output(1, '[os=linux] > unit', 'first\n\u001b[32mok\u001b[0m 12 of 40\n')
    .task(1, '[os=mac] > unit', 'running')
    .task(1, '[os=mac] > unit', 'failed', { attempt: 2 })
    .task(1, 'lint', 'queued');
}

describe('a frame', () => {
  it('shows jobs, tasks, their times, the last line of output, what failed, and the total', () => {
    expect(text(release().picture(80, 24))).toMatchInlineSnapshot(`
      "release  run-1
      ✔ build          300ms  1/1
        ✔ compile      100ms
      ⠧ test           500ms  1/3
        ⠧ [os=linux]   400ms  0/1
          ⠧ unit       400ms  ok 12 of 40
        ✖ [os=mac]     100ms  1/1
          ✖ unit       100ms  attempt 2 · [os=mac] > unit broke
        ◌ lint
      ◌ publish
      cpu ████████░░ 3/4
      ⠧ 1.1s · 2/4 done · 1 failed · 1 running · 1 waiting"
    `);
  });

  it('says why nothing of a task runs: back-off, hold, and being stopped', () => {
    const told = new Told()
      .task(0, 'a', 'running', { attempt: 1 })
      .event({
        type: 'task:retrying',
        stage: 0,
        taskId: '0 a',
        name: 'a',
        state: 'queued',
        phase: 'backoff',
        attempt: 1,
      })
      .event({
        type: 'task:held',
        stage: 0,
        taskId: '0 b',
        name: 'b',
        state: 'queued',
        phase: 'held',
        reason: 'lunch',
      })
      .task(0, 'c', 'running')
      .task(0, 'c', 'running', { phase: 'terminating', previous: 'running' })
      .task(0, 'd', 'succeeded', { reason: 'skipped' })
      .task(0, 'e', 'blocked')
      .task(0, 'f', 'cancelled');
    expect(text(told.picture(80, 24))).toMatchInlineSnapshot(`
      "release  run-1
      ◌ a   700ms  attempt 1 failed, waits for the next
      ◌ b          held: lunch
      ⠸ c   400ms  stopping
      ⊘ d          skipped
      ⊘ e          blocked
      ⊘ f          cancelled
      ⠸ 800ms · 3/6 done · 1 running · 2 waiting · 1 cancelled · 1 blocked · 1 skipped"
    `);
  });

  it.each([20, 40, 80, 200])('fits into %d cells, whatever tasks print', (width) => {
    const told = release();
    told
      .task(1, `long ${'日本語'.repeat(60)}`, 'running')
      .output(1, `long ${'日本語'.repeat(60)}`, '😀'.repeat(300));
    expect(wide(told.picture(width, 24))).toBeLessThanOrEqual(width);
    expect(text(told.picture(width, 24))).toContain('build');
  });

  it('has only plain characters on a terminal without Unicode', () => {
    const style = makeStyle({ color: false, unicode: false });
    const lines = frame(release().tree, { width: 80, height: 24, now: 3_000, style });
    expect(text(lines)).toMatch(/^[\x20-\x7e\n]+$/);
  });

  it('leaves out the only stage of a run when it has no name', () => {
    const told = new Told().stage(0, '0', 'running').task(0, 'only', 'running');
    expect(told.picture(80, 24).slice(1, -1)).toEqual([expect.stringMatching(/^. only +0ms$/)]);
  });

  it('does not count what a template made a group of', () => {
    const told = new Told();
    for (const item of ['[0]', '[1]']) told.task(0, `files > ${item} > pack`, 'succeeded');
    told.task(0, 'files', 'running');
    expect(text(told.picture(80, 24))).toContain('2/2 done');
  });
});

describe('a thousand tasks', () => {
  /** Item `i` failed for every i that `failed` says. */
  function thousand(failed: (i: number) => boolean): Told {
    const told = new Told({ stages: ['fetch', 'report'] })
      .stage(0, 'fetch', 'running')
      .task(0, 'files', 'running');
    for (let i = 0; i < 1_000; i += 1) told.task(0, `files > [${i}]`, 'queued');
    for (let i = 0; i < 600; i += 1) {
      told.task(0, `files > [${i}]`, 'running');
      if (i < 590) told.task(0, `files > [${i}]`, failed(i) ? 'failed' : 'succeeded');
    }
    return told;
  }

  it('are a count, with what runs and what failed below it', () => {
    const lines = thousand((i) => i === 7).picture(80, 24);
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(text(lines)).toMatch(/files .* 590\/1000 · 10 running · 1 failed/);
    expect(text(lines)).toContain('files > [7] broke');
    expect(text(lines)).toContain('[599]');
    expect(text(lines)).not.toContain('[5] ');
    expect(text(lines)).toContain('report');
  });

  it('leave room for what runs when hundreds of them fail', () => {
    const lines = thousand((i) => i % 2 === 0).picture(80, 24);
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.includes('broke')).length).toBeGreaterThan(5);
    expect(lines.filter((line) => /\[59\d\]/.test(line)).length).toBeGreaterThan(5);
  });

  it.each([1, 2, 3, 5, 8])('fit into %d lines, the total among them', (height) => {
    const lines = thousand(() => false).picture(80, height);
    expect(lines.length).toBeLessThanOrEqual(height);
    expect(lines.at(-1)).toMatch(/590\/1000 done/);
  });

  it('cost a frame no more than a few milliseconds', () => {
    const told = thousand((i) => i % 3 === 0);
    told.picture(80, 24);
    const before = performance.now();
    for (let i = 0; i < 100; i += 1) told.picture(80, 24);
    expect((performance.now() - before) / 100).toBeLessThan(10);
  });
});

it('keeps the output of a task that failed, and forgets that of one that did not', () => {
  const told = new Told().task(0, 'a', 'running').output(0, 'a', 'one\ntwo\n').task(0, 'a', 'failed');
  told.task(0, 'b', 'running').output(0, 'b', 'three').task(0, 'b', 'succeeded');
  expect(told.tree.task('0 a')?.tail).toEqual(['one', 'two']);
  expect(told.tree.task('0 b')?.tail).toEqual([]);
  expect(plain.signs.failed).toBe('✖');
});

it('has no total in the last picture: how the run ended is said below it', () => {
  const over = release().task(1, '[os=linux] > unit', 'succeeded').task(1, 'lint', 'succeeded');
  expect(text(over.picture(80, 24))).toContain('4/4 done');
  expect(text(over.run('failed').picture(80, 24))).not.toMatch(/done|cpu/);
  expect(over.picture(80, 3)).toHaveLength(1);
});
