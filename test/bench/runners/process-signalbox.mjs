// @ts-check
import { Scheduler } from '../../../dist/src/index.js';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n) {
    const scheduler = new Scheduler({ taskParallelism: 8 });
    const submitAll = async (/** @type {import('../../../dist/src/index.js').Controls} */ pipeline) => {
      for (let i = 0; i < n; i += 1) pipeline.task(['true']).run();
    };
    await scheduler.runPipeline(submitAll, { children: 'wait' }).result();
    await scheduler.close();
  },
};
