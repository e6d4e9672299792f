/** The graph as the package ships it: one that is run without a scheduler gets one with the built-in executors. */
import { builtInExecutors } from './executors/registry.ts';
import { TaskGraph as GraphOfTasks } from './graph/index.ts';
import { Scheduler, type SchedulerOptions } from './runtime/index.ts';

/**
 * Tasks and what they come after. `await graph.run()` runs them, each as soon as what it comes after has
 * succeeded; finally tasks run whatever happened. A graph can be extended and run again: what succeeded is kept.
 */
export class TaskGraph extends GraphOfTasks {
  protected override newScheduler(options: SchedulerOptions): Scheduler {
    return new Scheduler(options, builtInExecutors());
  }
}
