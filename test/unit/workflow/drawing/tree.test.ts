/**
 * A plan in the terminal, and as data. The hunted bugs: a line that is wider than the screen, a name that moves the
 * cursor, a fact of the plan that is not shown.
 */
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { planTree } from '../../../../src/cli/plan/plan-tree.ts';
import { planGraph } from '../../../../src/workflow/drawing/graph.ts';
import { bash, fullPlan, job, plan, stage } from './plans.ts';

describe('the tree', () => {
  it('shows every kind of stage and every fact of a job, jobs by depth, finally last', async () => {
    const text = `${planTree(fullPlan(), { width: Number.POSITIVE_INFINITY }).join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('full-plan.txt');
  });

  it('is plain ASCII where nothing else can be seen', () => {
    for (const line of planTree(fullPlan(), { width: 60, unicode: false }))
      expect(line).toMatch(/^[\x20-\x7e]*$/);
  });

  it('never makes a line wider than the screen, or one that a terminal obeys', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('\u001b[2J', '\r\nx', '夜'.repeat(40), '\u0007'),
    );
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 90 }), (id, name, width) => {
        const one = plan(
          [
            job(id, [], {
              condition: name,
              stages: [stage('foreach', name, { foreach: name, concurrent: 1, stages: [bash(id)] })],
            }),
          ],
          { name, description: id },
        );
        const lines = planTree(one, { width, color: true });
        for (const line of lines) {
          const shown = stripVTControlCharacters(line);
          expect(stringWidth(shown)).toBeLessThanOrEqual(width);
          expect(shown).not.toMatch(/[\p{Cc}]/u);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has no colour unless it is asked for', () => {
    expect(planTree(fullPlan(), { width: 80 }).join('')).not.toContain('\u001b');
    expect(planTree(fullPlan(), { width: 80, color: true }).join('')).toContain('\u001b');
  });
});

describe('the graph as data', () => {
  it('has jobs with needs, depth, combinations and nested stages, and survives JSON', () => {
    const graph = planGraph(fullPlan());
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
    const byId = new Map(graph.jobs.map((one) => [one.id, one]));
    expect(byId.get('test')).toMatchObject({
      needs: ['lint'],
      depth: 1,
      combinations: 6,
      finally: false,
      rule: 'all_success',
    });
    expect(byId.get('publish')).toMatchObject({ depth: 3, rule: 'none_failed', combinations: null });
    expect(byId.get('report')?.finally).toBe(true);
    expect(byId.get('data')?.stages[0]).toMatchObject({
      id: 'shops',
      kind: 'foreach',
      detail: '3 items, 2 at once',
    });
    expect(byId.get('data')?.stages[0]?.stages[2]?.stages.map(({ name }) => name)).toEqual([
      'is "csv"',
      'else',
    ]);
  });

  it('counts the combinations of a matrix as they will run: repeated values once, exclude and include applied', () => {
    const combinations = (strategy: object) =>
      planGraph(plan([job('a', [], { strategy })])).jobs[0]?.combinations;
    expect(combinations({ matrix: { n: [1, 1, 2], os: ['a', 'b'] } })).toBe(4);
    expect(
      combinations({
        matrix: { n: [1, 2], os: ['a', 'b'] },
        exclude: [{ n: 1, os: 'a' }],
        include: [{ n: 3, os: 'c' }],
      }),
    ).toBe(4);
    expect(combinations({ matrix: {} })).toBe(null);
  });
});
