// @ts-check
/** The label is what limits to 8, not the parallelism. */
import { variant } from './signalbox.mjs';

export const runner = variant({
  scheduler: { resources: { cpu: 8 }, taskParallelism: 64 },
  task: { resources: { cpu: 1 } },
  subscribe: true,
});
