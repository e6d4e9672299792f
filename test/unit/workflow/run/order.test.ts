/** What goes by the order of stages, not by their keys. The hunted bug: keys of digits come first in an object. */
import { describe, expect, it } from 'vitest';
import { Scheduler } from '../../../../src/scheduler.ts';
import { genId } from '../../../../src/workflow/ids.ts';
import { parseWorkflow } from '../../../../src/workflow/index.ts';

describe('until', () => {
  it('goes on with the item of the stage that ran last, whatever its key', async () => {
    // A stage without an id is kept under digits; the one after it has an id, and would come last in an object.
    const name = ['a', 'b', 'c', 'd', 'e'].find((one) => !genId(one).startsWith('0')) ?? 'a';
    const workflow = await parseWorkflow(`name: w
jobs:
  j:
    stages:
      - name: U
        id: u
        item: 0
        until: \${{ item >= 3 }}
        stages:
          - { name: First, id: first, js: 'const item = 99;' }
          - { name: ${name}, js: 'const item = before + 1;', vars: { before: '\${{ item }}' } }
`);
    await Scheduler.use({ taskParallelism: 2 }, async (scheduler) => {
      const { status, jobs } = await scheduler.runPipeline(workflow).result();
      expect(status).toBe('SUCCESS');
      const stages = (jobs['j'] as { stages: { u: { outputs: { until: object } } } }).stages;
      expect(Object.keys(stages.u.outputs.until)).toEqual(['1', '2', '3']);
    });
  });
});

describe('the id of a stage', () => {
  it('that a matrix makes a name no record can keep is a failure of that stage', async () => {
    const workflow = await parseWorkflow(`name: w
jobs:
  j:
    strategy: { matrix: { id: [__proto__] } }
    stages: [{ name: S, id: '\${{ matrix.id }}', echo: x }]
`);
    await Scheduler.use({}, async (scheduler) => {
      const { status } = await scheduler.runPipeline(workflow).result();
      expect(status).toBe('FAILED');
    });
  });
});
