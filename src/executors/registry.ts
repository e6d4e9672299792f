/**
 * The built-in executors by name. Nothing is constructed before it is asked for, and what runs processes and
 * containers is imported later still, by the first attempt that needs it, as are the libraries behind all of them.
 * (Threads take a copy of arguments when an attempt starts, so their executor has to be there by then.)
 */
import type { Executor } from './executor.ts';
import { inlineExecutor } from './inline.ts';
import { lateExecutor } from './late.ts';
import { threadExecutor } from './thread.ts';

/** Gives the executor, the same one at every call. */
export type ExecutorFactory = () => Executor;

/** One set of executors, for one scheduler: `inline`, `thread`, `process`, `docker`. Whoever calls a factory closes it. */
export function builtInExecutors(): Map<string, ExecutorFactory> {
  return new Map([
    ['inline', once(inlineExecutor)],
    ['thread', once(() => threadExecutor())],
    ['process', once(lateProcesses)],
    ['docker', once(lateContainers)],
  ]);
}

function once(make: ExecutorFactory): ExecutorFactory {
  let made: Executor | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function lateProcesses(): Executor {
  return lateExecutor('process', ['command'], async () => (await import('./process.ts')).processExecutor());
}

function lateContainers(): Executor {
  return lateExecutor('docker', ['container'], async () =>
    (await import('./docker/docker-executor.ts')).dockerExecutor(),
  );
}
