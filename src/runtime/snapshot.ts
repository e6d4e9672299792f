/** The frozen, point-in-time view of a scheduler; what did not change since the last one is shared with it. */
import { produce } from 'immer';
import type { Engine } from './engine.ts';
import type { StateCounts } from './recorder.ts';

export interface ResourceUse {
  readonly label: string;
  readonly capacity: number;
  readonly inUse: number;
  readonly available: number;
}

export interface SchedulerSnapshot {
  readonly mode: 'open' | 'paused' | 'draining' | 'drainingPaused' | 'closed';
  readonly shutdownStarted: boolean;
  readonly closed: boolean;
  readonly pipelineParallelism: number;
  readonly taskParallelism: number;
  /** Runs by state; the ends are cumulative over the scheduler's life. */
  readonly pipelines: Readonly<StateCounts & { total: number }>;
  /** Tasks by state; `admitted` is ready + running. */
  readonly tasks: Readonly<StateCounts & { admitted: number; total: number }>;
  /** Bodies that ignored their signal past the grace and still run. */
  readonly abandoned: number;
  readonly resources: readonly ResourceUse[];
  readonly runningPipelines: readonly { readonly runId: string; readonly name: string }[];
}

const total = (counts: StateCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Makes the next view from the last one. */
export function nextSnapshot(last: SchedulerSnapshot | undefined, engine: Engine): SchedulerSnapshot {
  const view = describe(engine);
  if (last === undefined) return produce(view, () => {});
  return produce(last, (draft) => {
    const target = draft as Record<string, unknown>;
    for (const [key, value] of Object.entries(view)) {
      if (JSON.stringify(value) !== JSON.stringify(last[key as keyof SchedulerSnapshot])) target[key] = value;
    }
  });
}

function describe({ supervisor, recorder, settings }: Engine): SchedulerSnapshot {
  const mode = supervisor.mode.leaf.path as SchedulerSnapshot['mode'];
  const { tasks, pipelines } = recorder;
  return {
    mode,
    shutdownStarted: mode !== 'open' && mode !== 'paused',
    closed: mode === 'closed',
    pipelineParallelism: settings.pipelineParallelism,
    taskParallelism: settings.taskParallelism,
    pipelines: { ...pipelines, total: total(pipelines) },
    tasks: { ...tasks, admitted: tasks.ready + tasks.running, total: total(tasks) },
    abandoned: supervisor.abandoned,
    resources: supervisor.admission.usage(),
    runningPipelines: [...supervisor.runs]
      .filter((run) => run.snapshot.leaf.state === 'running')
      .map((run) => ({ runId: run.id, name: run.name })),
  };
}
