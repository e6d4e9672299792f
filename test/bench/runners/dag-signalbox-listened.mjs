// @ts-check
import { Scheduler } from '../../../dist/src/index.js';
import { graphOf } from './dag-signalbox.mjs';

/** In a scheduler that others could use too, with one subscriber that counts. @type {import('./runner.d.ts').GraphRunner} */
export const runner = {
  prepare(parents, body, atOnce) {
    const graph = graphOf(parents, body);
    return async () => {
      const scheduler = new Scheduler({ taskParallelism: atOnce });
      let events = 0;
      scheduler.events$.subscribe(() => {
        events += 1;
      });
      await graph.run({ scheduler });
      await scheduler.close();
      if (events < 3 * parents.length) throw new Error(`${events} events reached the subscriber`);
    };
  },
};
