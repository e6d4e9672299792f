/** A workflow as what is submitted. The hunted bug: a run that starts without a parameter it cannot do without. */
import { describe, expect, it } from 'vitest';
import { Scheduler } from '../../../src/scheduler.ts';
import { parseWorkflow } from '../../../src/workflow/index.ts';

const text = (params: string) =>
  `name: greet\nparams: ${params}\njobs:\n  a:\n    stages:\n      - { name: Hello, id: hello, js: 'const said = \`hello \${who}\`', vars: { who: '\${{ params.who }}' } }\n`;

describe('a workflow', () => {
  it('is submitted as it is, with the defaults of its parameters, as often as one likes', async () => {
    const workflow = await parseWorkflow(text('{ who: { type: str, default: world } }'));
    await Scheduler.use({ pipelineParallelism: 2, taskParallelism: 2 }, async (scheduler) => {
      const handles = [scheduler.runPipeline(workflow), scheduler.runPipeline(workflow)];
      const results = await Promise.all(handles.map((handle) => handle.result()));
      expect(results.map(({ status, params }) => [status, params])).toEqual([
        ['SUCCESS', { who: 'world' }],
        ['SUCCESS', { who: 'world' }],
      ]);
      const { jobs } = results[0] as { jobs: Record<string, { stages: Record<string, unknown> }> };
      expect(jobs['a']?.stages['hello']).toMatchObject({ outputs: { said: 'hello world' } });
    });
  });

  it('is refused at the call where a parameter has no value', async () => {
    const workflow = await parseWorkflow(text('{ who: { type: str, required: true } }'));
    await Scheduler.use({}, async (scheduler) => {
      expect(() => scheduler.runPipeline(workflow)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
      expect(scheduler.snapshot().pipelines.queued).toBe(0);
    });
  });
});
