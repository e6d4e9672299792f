/**
 * The built-in executors by name. Nothing is constructed before it is asked for, and the libraries behind
 * threads, processes and containers are imported later still, by the first attempt that needs them.
 */
import { dockerExecutor } from './docker/index.ts';
import type { Executor } from './executor.ts';
import { inlineExecutor } from './inline.ts';
import { processExecutor } from './process.ts';
import { threadExecutor } from './thread.ts';

/** Gives the executor, the same one at every call. */
export type ExecutorFactory = () => Executor;

/** One set of executors, for one scheduler: `inline`, `thread`, `process`, `docker`. Whoever calls a factory closes it. */
export function builtInExecutors(): Map<string, ExecutorFactory> {
  return new Map([
    ['inline', once(inlineExecutor)],
    ['thread', once(() => threadExecutor())],
    ['process', once(processExecutor)],
    ['docker', once(() => dockerExecutor())],
  ]);
}

function once(make: ExecutorFactory): ExecutorFactory {
  let made: Executor | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
