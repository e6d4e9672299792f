/** The scheduler as the package ships it: the runtime composed with the built-in executors. */
import { builtInExecutors } from './executors/registry.ts';
import { Scheduler as RuntimeScheduler, type SchedulerOptions } from './runtime/index.ts';

/**
 * Admits pipelines and tasks against resources and runs them inline, on threads and in processes. Close it, or
 * use `Scheduler.use` or `await using`.
 */
export class Scheduler extends RuntimeScheduler {
  /** @throws INVALID_ARGUMENT for an option that is not as documented */
  constructor(options: SchedulerOptions = {}) {
    super(options, builtInExecutors());
  }
}
