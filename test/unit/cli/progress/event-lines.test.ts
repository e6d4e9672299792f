/** The lines of a real run. The hunted bugs: a change of state that nobody is told of, or is told twice. */
import { describe, expect, it } from 'vitest';
import { eventLine } from '../../../../src/cli/progress/event-lines.ts';
import { RunTree } from '../../../../src/cli/progress/run-tree.ts';
import { Scheduler, Task, TaskGraph } from '../../../../src/index.ts';
import { plain, RUN, Told } from './kit.ts';

/** Without times. */
const bare = (line: string): string =>
  line.replace(/^\d\d:\d\d:\d\d {2}/, '').replace(/ {2}\d+(?:\.\d+)?m?s\b/g, '');

async function linesOf(
  work: (scheduler: Scheduler) => Promise<unknown>,
  failuresOnly = false,
): Promise<readonly string[]> {
  const tree = new RunTree('a run');
  const lines: string[] = [];
  await using scheduler = new Scheduler({ taskParallelism: 1 });
  scheduler.events$.subscribe((event) => {
    tree.apply(event);
    const line = eventLine(tree, event, { style: plain, failuresOnly });
    if (line !== undefined) lines.push(bare(line));
  });
  await work(scheduler).catch(() => {});
  await scheduler.close();
  return lines;
}

async function staged(scheduler: Scheduler): Promise<unknown> {
  return scheduler
    .runPipeline(
      async (pipeline) => {
        pipeline.stageForward('build');
        await pipeline
          .task(() => 1, { name: 'files > [0]' })
          .run()
          .result();
        pipeline.stageForward('test');
        const retry = { maxAttempts: 2, backoffMs: 1 };
        await pipeline
          .task(() => Promise.reject(new Error('broken\nsecond line')), { name: 'unit', retry })
          .run()
          .result();
      },
      { name: 'a run' },
    )
    .result();
}

describe('the lines of a run', () => {
  it('tell each state of the run, its stages and tasks once, with paths and errors', async () => {
    expect(await linesOf(staged)).toEqual([
      '▸ running    a run',
      '▸ running    build',
      '▸ running    build > files > [0]',
      '✔ succeeded  build > files > [0]',
      '✔ succeeded  build',
      '▸ running    test',
      '▸ running    test > unit',
      '◌ retrying   test > unit  broken',
      '▸ running    test > unit  attempt 2',
      '✖ failed     test > unit  attempt 2  broken',
      '✖ failed     test',
      '✖ failed     a run  broken',
    ]);
  });

  it('are only those of failures when it is to be quiet', async () => {
    expect(await linesOf(staged, true)).toEqual([
      '✖ failed     test > unit  attempt 2  broken',
      '✖ failed     test',
      '✖ failed     a run  broken',
    ]);
  });

  it('of a graph have no stage, since it has only one', async () => {
    const graph = new TaskGraph({ title: 'preflight' });
    const lint = graph.add(Task.call(() => 1, { title: 'lint' }));
    graph.add(
      Task.call(() => Promise.reject(new Error('no')), { title: 'test' }),
      { after: [lint] },
    );
    const lines = await linesOf((scheduler) => graph.run({ scheduler }));
    expect(lines).toContain('✔ succeeded  lint');
    expect(lines).toContain('✖ failed     test  no');
  });

  it('tell of child runs below the run that began them', async () => {
    const lines = await linesOf((scheduler) =>
      scheduler
        .runPipeline(
          async () => {
            await scheduler
              .runPipeline(
                async (child) =>
                  child
                    .task(() => 1, { name: 'inside' })
                    .run()
                    .result(),
                { name: 'inner' },
              )
              .result();
          },
          { name: 'outer' },
        )
        .result(),
    );
    expect(lines).toContain('✔ succeeded  ↳ inner > inside');
    expect(lines).toContain('✔ succeeded  ↳ inner');
    expect(lines.at(-1)).toBe('✔ succeeded  a run');
  });

  it('tell a task that waited for others once, and measure it from its beginning', () => {
    const told = new Told().task(0, 'files', 'running', { attempt: 1 });
    const wake = {
      type: 'task:running',
      at: 9_000,
      runId: RUN,
      stage: 0,
      taskId: '0 files',
      name: 'files',
      attempt: 1,
      state: 'running',
    } as const;
    told.task(0, 'files', 'queued', { attempt: 1, previous: 'running' });
    told.tree.apply(wake);
    expect(eventLine(told.tree, wake, { style: plain })).toBeUndefined();
    told.task(0, 'files', 'queued', { attempt: 1, previous: 'running' });
    told.tree.apply({ ...wake, attempt: 2 });
    expect(told.tree.task('0 files')?.startedAt).toBe(9_000);
    expect(eventLine(told.tree, wake, { style: plain })).toMatch(/running {4}files {2}attempt 2/);
  });

  it('say nothing of a stage that a later life finds as it was', () => {
    const told = new Told().stage(0, 'build', 'running').stage(0, 'build', 'succeeded');
    const { startedAt, endedAt } = told.tree.root.children[0] ?? {};
    const again = {
      type: 'stage:succeeded',
      at: 90_000,
      runId: RUN,
      stage: 0,
      name: 'build',
      state: 'succeeded',
    } as const;
    told.stage(0, 'build', 'queued').tree.apply(again);
    expect(told.tree.root.children[0]).toMatchObject({ startedAt, endedAt });
  });
});
