/** One run from its submission to the exit code: started or resumed, watched, interrupted, summed up. */
import { SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { PipelineHandle, RuntimeEvent } from '../../runtime/index.ts';
import { Scheduler } from '../../scheduler.ts';
import type { Store } from '../../stores/store.ts';
import type { Output } from '../output.ts';
import type { TreeEvent } from '../progress/run-tree.ts';
import { loadWatch, type Mode, type Watch } from '../progress/watch.ts';
import { Interrupt } from './interrupt.ts';
import { exitCodeFor, verdictOf } from './verdict.ts';

export interface Execution {
  readonly output: Output;
  readonly mode: Mode;
  readonly store: Store;
  /** As it is written behind a command; undefined where that is the default. */
  readonly storeOption: string | undefined;
  readonly resources: Readonly<Record<string, number>>;
  readonly parallel: number;
  readonly name: string;
  /** Stages that are known beforehand. */
  readonly stages: readonly string[];
  /** What an earlier life of the run has told. */
  readonly history: readonly TreeEvent[];
  /** Submits the run. Throws when it cannot be. */
  readonly start: (scheduler: Scheduler) => PipelineHandle<unknown>;
}

/** Gives the exit code. Rejects when the run could not be started, or is not there to be resumed. */
export async function execute(execution: Execution): Promise<number> {
  const { store, resources, parallel, mode, output } = execution;
  const notes = new Notes(mode, output);
  const scheduler = new Scheduler({ resources, taskParallelism: parallel, store, logger: notes });
  try {
    return await follow(scheduler, execution, notes);
  } finally {
    await scheduler.close({ mode: 'abort' });
    await store.close();
  }
}

async function follow(scheduler: Scheduler, execution: Execution, notes: Notes): Promise<number> {
  const { output, mode } = execution;
  const early: RuntimeEvent[] = [];
  let watch: Watch | undefined;
  scheduler.events$.subscribe((event) => (watch === undefined ? early.push(event) : watch.event(event)));
  const loading = loadWatch(mode);
  const handle = started(execution, scheduler);
  const { runId } = handle;
  await handle.accepted;
  const begin = await loading;
  watch = begin({ ...execution, runId }, output);
  notes.say = watch.say.bind(watch);
  for (const event of early) watch.event(event);
  const interrupt = stopOnSignals(handle, watch);
  const outcome = await handle.outcome();
  // What belongs to the run may outlive its body: it is waited for, unless somebody is in a hurry.
  await scheduler.close({ mode: interrupt.happened ? 'abort' : 'drain' });
  await watch.end();
  interrupt.ignore();
  const verdict = verdictOf(outcome);
  if (watch.tree !== undefined) {
    const { summary } = await import('./summary.ts');
    output.print(...summary(watch.tree, { ...execution, verdict, error: outcome.error, runId }));
  }
  return exitCodeFor(verdict);
}

/** What a resource is missing for is said in the words of the command line. */
function started({ start }: Execution, scheduler: Scheduler): PipelineHandle<unknown> {
  try {
    return start(scheduler);
  } catch (cause) {
    if (!(cause instanceof SignalboxError) || !/RESOURCE|UNSCHEDULABLE/.test(cause.code)) throw cause;
    const hint = 'say how much there is of each, for example --resources cpu=8,mem=32';
    throw new SignalboxError(cause.code, cause.message, { hint, details: cause.details, cause });
  }
}

function stopOnSignals(handle: PipelineHandle<unknown>, watch: Watch): Interrupt {
  return new Interrupt({
    first: (signal) => {
      watch.say('stopping: tasks are asked to end, then finally jobs run; Ctrl-C again stops those');
      handle.requestTerminate(`interrupted by ${signal}`);
    },
    second: () => {
      watch.say('stopping finally jobs too; Ctrl-C once more leaves at once');
      handle.requestTerminate('interrupted twice');
    },
  });
}

/** What the scheduler and tasks log: warnings and errors go beside the output, not into the picture. */
class Notes implements Logger {
  say: (line: string) => void;
  readonly #debug = (process.env['SIGNALBOX_DEBUG'] ?? '') !== '';

  constructor(_mode: Mode, output: Output) {
    this.say = output.note;
  }

  debug(): void {}
  info(): void {}
  warn(message: string, ...rest: readonly unknown[]): void {
    if (this.#debug) this.error(message, ...rest);
  }
  error(message: string, ...rest: readonly unknown[]): void {
    this.say([message, ...rest.map(inWords)].join(' '));
  }
}

function inWords(value: unknown): string {
  if (value instanceof SignalboxError || value instanceof Error) return value.message;
  return typeof value === 'string' ? value : '';
}
