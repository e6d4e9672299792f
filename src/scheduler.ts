/** The scheduler as the package ships it: the runtime composed with the built-in executors. */
import { builtInExecutors } from './executors/registry.ts';
import {
  type BuildStyle,
  Scheduler as RuntimeScheduler,
  type SchedulerOptions,
  type Styles,
  taskRunOf,
} from './runtime/index.ts';
import { TaskGraph } from './task-graph.ts';

/** Styles whose runs can go on in another process without their code. */
const STYLES: Styles = new Map<string, BuildStyle>([
  ['graph', (definition: unknown) => TaskGraph.fromDefinition(definition)],
  ['task', taskRunOf],
  // Reading YAML takes libraries that who runs no workflow need not load.
  [
    'workflow',
    async (definition: unknown) => (await import('./workflow/definition.ts')).fromDefinition(definition),
  ],
]);

/**
 * Admits pipelines and tasks against resources and runs them inline, on threads and in processes. Close it, or
 * use `Scheduler.use` or `await using`.
 */
export class Scheduler extends RuntimeScheduler {
  /** @throws INVALID_ARGUMENT for an option that is not as documented */
  constructor(options: SchedulerOptions = {}) {
    super(options, builtInExecutors(), STYLES);
  }
}
