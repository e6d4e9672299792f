/** The timeline from events. The hunted bugs: a retry drawn as one bar, a bar outside its chart, markup from a name. */
import { describe, expect, it } from 'vitest';
import { RunTree, type TreeEvent } from '../../../../src/cli/progress/run-tree.ts';
import { barsOf } from '../../../../src/cli/timeline/bars.ts';
import { ganttLines } from '../../../../src/cli/timeline/gantt.ts';
import { ganttSvg } from '../../../../src/cli/timeline/svg.ts';
import type { StoredRun } from '../../../../src/stores/store.ts';
import { plain, RUN, wide } from '../progress/kit.ts';

function attempt(name: string, at: number, type: string, stage = 0): TreeEvent {
  return { runId: RUN, type: `attempt:${type}`, at, stage, taskId: `${stage} ${name}`, name };
}

function bars(events: readonly TreeEvent[], end = 1_000) {
  const tree = new RunTree('release');
  const stages = ['build', 'test'].map(
    (name, stage): TreeEvent => ({ runId: RUN, type: 'stage:running', at: 0, stage, name, state: 'running' }),
  );
  for (const event of [...stages, ...events]) tree.apply(event);
  return barsOf(events, tree, end);
}

const RETRIED = [
  attempt('compile', 0, 'started'),
  attempt('compile', 400, 'failed'),
  attempt('compile', 600, 'started'),
  attempt('compile', 800, 'succeeded'),
  attempt('unit', 500, 'started', 1),
  attempt('e2e', 900, 'started', 1),
  attempt('e2e', 950, 'cancelled', 1),
];

const run = { id: RUN, name: 'a <b> & "c"', state: 'failed', startedAt: 0, finishedAt: 1_000 } as StoredRun;

describe('a timeline', () => {
  it('has a bar for each attempt, and one up to now for what runs', () => {
    expect(bars(RETRIED).rows.map(({ path, bars: all }) => [path.join(' > '), all])).toEqual([
      [
        'build > compile',
        [
          { from: 0, to: 400, end: 'failed' },
          { from: 600, to: 800, end: 'succeeded' },
        ],
      ],
      ['test > unit', [{ from: 500, to: 1_000, end: 'running' }]],
      ['test > e2e', [{ from: 900, to: 950, end: 'cancelled' }]],
    ]);
  });

  it('is drawn to scale', () => {
    expect(
      ganttLines(bars(RETRIED), { width: 60, style: plain, room: 10 }).join('\n'),
    ).toMatchInlineSnapshot(`
      "build > compile ██████████████       ███████        600ms
      test > unit                      █████████████████  500ms
      test > e2e                                     ██   50ms
                      0                              1.0s"
    `);
  });

  it.each([20, 40, 80, 200])('fits into %d cells', (width) => {
    const long = [attempt('日本語'.repeat(40), 0, 'started'), attempt('日本語'.repeat(40), 1, 'succeeded')];
    expect(
      wide(ganttLines(bars([...RETRIED, ...long]), { width, style: plain, room: 10 })),
    ).toBeLessThanOrEqual(width);
  });

  it('shows the longest of very many, in their order', () => {
    const many = Array.from({ length: 100 }, (_, i) => [
      attempt(`t${i}`, i, 'started'),
      attempt(`t${i}`, i + (i % 10 === 0 ? 500 : 1), 'succeeded'),
    ]).flat();
    const lines = ganttLines(bars(many), { width: 80, style: plain, room: 10 });
    expect(lines.slice(0, 10).map((line) => line.split(' ')[2])).toEqual(
      Array.from({ length: 10 }, (_, i) => `t${i * 10}`),
    );
    expect(lines.at(-1)).toBe('the 10 longest of 100; --all shows every one');
  });

  it('of an instant has a cell', () => {
    const instant = bars([attempt('a', 5, 'started'), attempt('a', 5, 'succeeded')]);
    expect(ganttLines(instant, { width: 40, style: plain, room: 10 })[0]).toContain('█');
  });
});

describe('its picture', () => {
  it('is well formed, and names cannot add to it', () => {
    const svg = ganttSvg(run, bars([...RETRIED, attempt('</text><script>', 1, 'started')]));
    expect(svg).not.toContain('<script>');
    expect(svg).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
    expect(svg.match(/<rect [^>]*rx=/g)).toHaveLength(5);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
  it('of a run without tasks is a picture too', () => {
    expect(ganttSvg(run, bars([]))).not.toMatch(/NaN|Infinity|undefined/);
  });
});
