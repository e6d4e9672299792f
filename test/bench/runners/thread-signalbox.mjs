// @ts-check
import { defineTask, Scheduler } from '../../../dist/src/index.js';

const module = new URL('./no-op.mjs', import.meta.url);
/** @type {import('../../../dist/src/index.js').TaskDefinition<readonly [], unknown>} */
const task = defineTask({ name: 'no-op', module, export: 'noOp' });

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n) {
    const scheduler = new Scheduler({ taskParallelism: 8 });
    const submitAll = async (/** @type {import('../../../dist/src/index.js').Controls} */ pipeline) => {
      for (let i = 0; i < n; i += 1) pipeline.task(task, { executor: 'thread' }).run();
    };
    await scheduler.runPipeline(submitAll, { children: 'wait' }).result();
    await scheduler.close();
  },
};
