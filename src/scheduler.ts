/** The scheduler as the package ships it: the runtime composed with the built-in executors. */
import { builtInExecutors } from './executors/registry.ts';
import {
  type BuildStyle,
  Scheduler as RuntimeScheduler,
  type SchedulerOptions,
  type Styles,
  taskRunOf,
} from './runtime/index.ts';

/** Styles whose runs can go on in another process without their code. What few runs need is loaded for those. */
const STYLES: Styles = new Map<string, BuildStyle>([
  ['task', taskRunOf],
  [
    'graph',
    async (definition: unknown) => (await import('./task-graph.ts')).TaskGraph.fromDefinition(definition),
  ],
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
