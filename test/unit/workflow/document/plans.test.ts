/** What a file becomes: defaults, both forms, schedules, depths. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../../src/workflow/document/index.ts';
import { BUILT_IN_FILTERS } from '../../../../src/workflow/expressions/index.ts';

const folder = join(import.meta.dirname, '../../../fixtures/workflow-files');
const options = { rules: { filters: BUILT_IN_FILTERS } };
const load = (name: string) => parseDocument(readFileSync(join(folder, name), 'utf8'), name, options);
const parse = (text: string) => parseDocument(text, 'w.yml', options);

describe('the plan of a workflow', () => {
  it('has a default for everything', () => {
    const { source: _source, ...plan } = load('smallest.yml');
    expect(plan).toEqual({
      name: 'smallest',
      description: '',
      tags: [],
      params: [],
      jobs: [],
      schedules: [],
      releases: [],
      extras: {},
      imports: [],
      timeoutMs: 3_600_000,
      raiseOnError: false,
      resources: undefined,
      executor: undefined,
      root: [],
    });
  });

  it('takes its name from the key in the map form, and paths begin there', () => {
    const { name, root, jobs, source } = load('by-name.yml');
    expect([name, root, jobs[0]?.path]).toEqual(['nightly-report', [name], [name, 'jobs', 'report']]);
    expect(source.locate(jobs[0]?.stages[0]?.path ?? [])).toMatchObject({ line: 9, column: 11 });
  });

  it('reads what is said of jobs, and puts finally jobs after all others', () => {
    const { jobs, ...plan } = load('every-job.yml');
    expect(plan).toMatchObject({
      timeoutMs: 60_000,
      raiseOnError: true,
      executor: 'process',
      description: 'First line.\n  Indented.',
    });
    expect(jobs.map(({ id, depth, isFinally }) => [id, depth, isFinally])).toEqual([
      ['tidy', 3, true],
      ['last', 4, true],
      ['deploy', 2, false],
      ['build', 0, false],
      ['test', 1, false],
    ]);
    expect(jobs[2]).toMatchObject({
      rule: 'none_failed',
      retry: { retries: 1, backoff: undefined },
      timeoutMs: 500,
      raiseOnError: false,
    });
    expect(jobs[4]?.strategy).toMatchObject({
      failFast: true,
      maxParallel: 3,
      include: [{ os: 'windows', node: 22 }],
    });
  });

  it('knows every kind of stage by its keys', () => {
    const stages = load('every-stage.yml').jobs[0]?.stages ?? [];
    expect(stages.map(({ kind }) => kind)).toEqual(
      'empty bash py py virtual-py js call trigger parallel foreach foreach until case docker raise'.split(
        ' ',
      ),
    );
    expect(stages[1]).toMatchObject({
      env: { PORT: 80, DEBUG: true, NOTHING: null },
      timeoutMs: 10_000,
      retry: { retries: 3 },
    });
    expect(stages[5]).toMatchObject({
      retry: { retries: 2, backoff: { backoffMs: 100, factor: 3, maxBackoffMs: 1_000, jitter: 0.5 } },
    });
    expect(stages[8]).toMatchObject({
      branches: {
        left: [{ name: 'In', path: ['jobs', 'all', 'stages', 8, 'parallel', 'left', 0] }],
        right: [],
      },
    });
    expect(stages[10]).toMatchObject({ useIndexAsKey: true, concurrent: 1, stages: [] });
    expect(stages[12]).toMatchObject({
      match: [
        { value: 'a', stages: [{ kind: 'empty' }] },
        { value: 1, stages: [] },
        { value: undefined, stages: [{ kind: 'raise' }] },
      ],
    });
  });

  it('turns intervals into schedules: hour and minute each in its field', () => {
    expect(load('schedules.yml').schedules.map(({ cron, timezone }) => [cron, timezone])).toEqual([
      ['*/5 * * * *', 'UTC'],
      ['0 6 * * 1-5 2030', 'Europe/Berlin'],
      ['0 6 * * 1-5 2030', 'America/New_York'],
      ['30 6 * * *', 'UTC'],
      ['0 0 * * 1', 'UTC'],
      ['5 23 * * 5', 'UTC'],
      ['0 0 1 * *', 'UTC'],
      ['0 1 15 * *', 'UTC'],
    ]);
  });

  it('merges anchored maps: what a stage says itself counts, then the first map', () => {
    expect(load('anchors.yml').jobs[0]?.stages).toMatchObject([
      { timeoutMs: 5_000, env: { A: 1 } },
      { timeoutMs: 7_000, env: { B: 2 } },
    ]);
  });

  it('reads on, yes, no and 012 as YAML 1.2 does, whatever a directive says', () => {
    const plain = load('words-of-yaml-1-1.yml');
    expect([plain.name, plain.releases]).toEqual(['no', ['yes']]);
    const env = { ON: 'on', OCTAL: 12, TIME: '12:30:45' };
    expect(plain.jobs[0]?.stages[0]).toMatchObject({ env });
    const old = parse(`%YAML 1.1\n---\n${readFileSync(join(folder, 'words-of-yaml-1-1.yml'), 'utf8')}`);
    expect(old.jobs[0]?.stages[0]).toMatchObject({ env });
  });

  it('finds the depth of 1,000 jobs in a row, the last one first, without recursion', () => {
    const jobs = Array.from({ length: 1_000 }, (_, i) =>
      i === 999 ? `  j${i}: { stages: [] }` : `  j${i}: { needs: [j${i + 1}], stages: [] }`,
    );
    const plan = parse(`name: a\njobs:\n${jobs.join('\n')}`);
    expect([plan.jobs[0]?.depth, plan.jobs[999]?.depth]).toEqual([999, 0]);
  });
});
