/** Runs of a graph as the scheduler takes them, and waiting for one. */
import { invalidArgument, SignalboxError, TerminatedError } from '../core/errors.ts';
import {
  CHILDREN,
  type CheckTask,
  CLAIM,
  type Controls,
  DEFINITION,
  ENTER,
  NAME,
  type PipelineHandle,
  type RecordedRun,
  type RunnablePipeline,
  type StyleDefinition,
  SUBMITTED,
} from '../runtime/index.ts';
import { labelOf } from './node.ts';
import { isRecord, readWorkers } from './options.ts';
import { keyOf } from './place.ts';
import { isSettled } from './submission.ts';
import type { TaskGraph } from './task-graph.ts';
import type { WrittenGraph } from './written-graph.ts';

/** What a run with a bound of its own does in its graph. */
export interface Bounded {
  readonly maxWorkers: number;
  claim(check: CheckTask | undefined): () => void;
  enter(controls: Controls): TaskGraph;
}

/** A graph whose run may have so many of its tasks admitted at once. */
export class BoundedRun implements RunnablePipeline {
  readonly #graph: TaskGraph;
  readonly #bounded: Bounded;

  constructor(graph: TaskGraph, bounded: Bounded) {
    this.#graph = graph;
    this.#bounded = bounded;
  }

  get [NAME](): string {
    return this.#graph[NAME];
  }
  get [CHILDREN](): 'wait' {
    return this.#graph[CHILDREN];
  }
  [CLAIM](check?: CheckTask): () => void {
    return this.#bounded.claim(check);
  }
  [SUBMITTED](handle: PipelineHandle<unknown>): void {
    this.#graph[SUBMITTED](handle);
  }
  [ENTER](controls: Controls): TaskGraph {
    return this.#bounded.enter(controls);
  }
  [DEFINITION](): StyleDefinition {
    return definitionOf(this.#graph, this.#bounded.maxWorkers);
  }
  run(): never {
    throw new SignalboxError('PIPELINE_NOT_RUNNING', 'a run of a graph is started by graph.run()');
  }
}

/** What a ledger keeps of a run of a graph. */
export interface GraphDefinition {
  readonly graph: WrittenGraph;
  readonly maxWorkers: number | null;
}

export function definitionOf(graph: TaskGraph, maxWorkers: number | undefined): StyleDefinition {
  return {
    style: 'graph',
    /** Written only when asked for: most runs have no ledger. */
    get definition(): GraphDefinition | undefined {
      const written = writtenOrNothing(graph);
      return written === undefined ? undefined : { graph: written, maxWorkers: maxWorkers ?? null };
    },
    decidesNothing: true,
    toRecord: () => ({ graphId: graph.id, title: graph.title }),
    // The result is the graph itself: a resumed run always submits its tasks, and is given their recorded successes.
    isComplete: () => false,
    check: (recorded) => refuseUsed(graph, recorded),
  };
}

/** @throws INVALID_ARGUMENT */
export function readDefinition(given: unknown): {
  readonly graph: unknown;
  readonly maxWorkers: number | undefined;
} {
  if (!isRecord(given)) throw invalidArgument('the definition of a graph', given, '{ graph, maxWorkers }');
  const { graph, maxWorkers } = given;
  return { graph, maxWorkers: readWorkers(maxWorkers ?? undefined) };
}

/**
 * A Task that has ended for good in this process is not submitted again: a run that is to do it again would not, and
 * takes Tasks that know nothing of it yet.
 */
function refuseUsed(graph: TaskGraph, { id, tasks }: RecordedRun): void {
  const paths = new Map(tasks.map(({ fingerprint, path }) => [fingerprint, path]));
  const used = graph.tasks.find((task, index) => {
    const path = paths.get(`key ${keyOf(index, task)}`);
    return isSettled(task) && path !== undefined && path !== task.status;
  });
  if (used === undefined) return;
  throw new SignalboxError(
    'REPLAY_MISMATCH',
    `the run ${id} is to do the task ${JSON.stringify(labelOf(used))} of the graph again, which is ${used.status} here`,
    { hint: 'build the graph again, with new Tasks, and pass that', details: { runId: id, taskId: used.id } },
  );
}

/** A graph with functions in it can only go on with its code. */
function writtenOrNothing(graph: TaskGraph): WrittenGraph | undefined {
  try {
    return graph.toJSON();
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'INVALID_ARGUMENT') return undefined;
    throw error;
  }
}

/** Resolves when the run has ended well or was stopped; rejects with what kept it from submitting its tasks. */
export async function runToTheEnd(
  handle: PipelineHandle<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stop = (): void => void handle.requestTerminate(reasonOf(signal));
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const { kind, error } = await handle.outcome();
    if (kind === 'failed') throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  if (reason instanceof Error) return reason;
  return new TerminatedError(typeof reason === 'string' ? reason : 'the signal of the graph was aborted');
}
