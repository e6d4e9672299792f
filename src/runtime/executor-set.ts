/** The executors of one scheduler: the user's own and the built-in ones it was composed with. */
import { invalidArgument } from '../core/errors.ts';
import type { Executor, Work } from '../executors/executor.ts';

/** Makes an executor when it is first needed. */
export type ExecutorFactory = () => Executor;

const HINTS: Readonly<Record<Work['kind'], string>> = {
  function: 'a closure cannot leave this thread: name it by module and export with defineTask(...)',
  module: 'run it on the thread executor',
  command: 'run it on the process executor',
  container: 'run it on the docker executor: dockerExecutor() of signalbox/executors/docker',
};

export class ExecutorSet {
  readonly #factories: Map<string, ExecutorFactory>;
  readonly #made = new Map<string, Executor>();

  constructor(builtIn: ReadonlyMap<string, ExecutorFactory>, own: Readonly<Record<string, Executor>>) {
    this.#factories = new Map(builtIn);
    for (const [name, executor] of Object.entries(own)) this.#factories.set(name, () => executor);
  }

  /** @throws INVALID_ARGUMENT for an unknown name, or work that this executor does not run */
  for(name: string, work: Work): Executor {
    const executor = this.#made.get(name) ?? this.#make(name);
    if (executor.accepts.includes(work.kind)) return executor;
    throw invalidArgument(
      'executor',
      name,
      `one that runs a ${work.kind}; ${name} runs ${executor.accepts.join(', ')}`,
      HINTS[work.kind],
    );
  }

  #make(name: string): Executor {
    const factory = this.#factories.get(name);
    if (factory === undefined)
      throw invalidArgument('executor', name, [...this.#factories.keys()].join(', '));
    const executor = factory();
    this.#made.set(name, executor);
    return executor;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#made.values()].map((executor) => executor.close()));
  }
}
