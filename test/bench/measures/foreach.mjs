// @ts-check
/** Milliseconds per item of a foreach whose one stage does nothing; the second of two runs counts. */
import { join } from 'node:path';
import { Scheduler } from '../../../dist/src/index.js';
import { sqliteStore } from '../../../dist/src/stores/sqlite/index.js';
import { parseWorkflow } from '../../../dist/src/workflow/index.js';

const FOREACH = `name: items
params: { items: array }
jobs:
  all:
    stages:
      - name: Each
        foreach: \${{ params.items }}
        concurrent: 8
        stages: [{ name: Nothing }]
`;

/** @param {import('./job.d.ts').Job} job */
export async function measure({ n, stored = false, folder = '' }) {
  const workflow = await parseWorkflow(FOREACH);
  const store = stored ? { store: sqliteStore(join(folder, 'runs.db')) } : {};
  const scheduler = new Scheduler({ taskParallelism: 8, ...store });
  scheduler.events$.subscribe(() => {});
  const params = { items: Array.from({ length: n }, (_, index) => index) };
  let ms = Number.NaN;
  for (let pass = 0; pass < 2; pass += 1) {
    const began = performance.now();
    const { status } = await scheduler.runPipeline(workflow.pipeline({ params })).result();
    ms = (performance.now() - began) / n;
    if (status !== 'SUCCESS') throw new Error(`the workflow ended with ${status}`);
  }
  await scheduler.close();
  return { ms };
}
