// @ts-check
/** Ours, in the variants that the other files of this folder name. One pipeline submits all tasks. */
import { Scheduler } from '../../../dist/src/index.js';

/**
 * @typedef {object} Variant
 * @property {import('../../../dist/src/index.js').SchedulerOptions} [scheduler]
 * @property {import('../../../dist/src/index.js').TaskOptions} [task]
 * @property {boolean} [subscribe] one subscriber of `events$` that counts
 * @property {boolean} [results] the pipeline awaits the result of every task
 */

/** Turns that the scheduler gets to deliver the events of a million submissions. */
const TURNS = 1_000;

/**
 * @param {Variant} variant
 * @returns {import('./runner.d.ts').Runner}
 */
export function variant({ scheduler: options, task, subscribe = false, results = false }) {
  return {
    async run(n, body, at) {
      const scheduler = new Scheduler({ taskParallelism: 8, ...options });
      let events = 0;
      const count = () => {
        events += 1;
      };
      const subscription = subscribe ? scheduler.events$.subscribe(count) : undefined;
      const handle = scheduler.runPipeline(
        async (pipeline) => {
          const handles = results ? new Array(n) : undefined;
          for (let i = 0; i < n; i += 1) {
            if (at !== undefined) at[i] = performance.now();
            const submitted = pipeline.task(body, task).run();
            if (handles !== undefined) handles[i] = submitted.result();
          }
          if (handles !== undefined) await Promise.all(handles);
        },
        { children: 'wait' },
      );
      await handle.result();
      subscription?.unsubscribe();
      await scheduler.close();
      if (subscribe && events < 3 * n)
        throw new Error(`${events} events of ${n} tasks reached the subscriber`);
    },
    hold: (body, kept) => hold(body, kept, task),
  };
}

/**
 * @param {() => Promise<void>} body
 * @param {unknown[]} kept
 * @param {import('../../../dist/src/index.js').TaskOptions | undefined} task
 */
async function hold(body, kept, task) {
  const scheduler = new Scheduler({ taskParallelism: 8 });
  await new Promise((resolve) => {
    scheduler.runPipeline(async (pipeline) => {
      scheduler.pause();
      for (let i = 0; i < kept.length; i += 1) kept[i] = pipeline.task(body, task).run();
      resolve(undefined);
      await new Promise(() => {});
    });
  });
  for (let i = 0; i < TURNS; i += 1) await new Promise((resolve) => setImmediate(resolve));
  const { queued } = scheduler.snapshot().tasks;
  if (queued !== kept.length) throw new Error(`${queued} of ${kept.length} tasks are queued`);
  return scheduler;
}
