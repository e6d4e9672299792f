/** Whether the code that is to go on with a run is the code that began it. */
import { SignalboxError } from '../../core/errors.ts';
import type { RecordedRun } from '../../stores/store.ts';
import type { PipelineRow, TaskRow } from '../rows.ts';
import { isRunnable, type PipelineFunction, type RunnablePipeline } from '../run-options.ts';
import { DEFINITION } from '../run-symbols.ts';
import type { ReplayMode } from './replay.ts';

export type Submitted = RunnablePipeline | PipelineFunction<unknown>;

/** Whose code submits a child run again. */
export interface Parent {
  readonly row: PipelineRow;
  readonly task: TaskRow | undefined;
  readonly mode: ReplayMode;
  /** Codec text of the input that it is given now. */
  readonly input: string | undefined;
}

/** @throws REPLAY_MISMATCH when the code or input is not that of the recorded run */
export function checkSame(recorded: RecordedRun, pipeline: Submitted, parent: Parent | undefined): void {
  const { id, name, version, input } = recorded;
  const given = isRunnable(pipeline) ? pipeline[DEFINITION]?.() : undefined;
  if (version !== undefined && given?.version !== undefined && given.version !== version) {
    throw mismatch(
      id,
      `is of version ${version} of ${JSON.stringify(name)}, and was given version ${given.version}`,
    );
  }
  const style = given?.style ?? 'code';
  if (style !== recorded.style)
    throw mismatch(id, `is of the style ${recorded.style}, and was given ${style}`);
  if (parent !== undefined && parent.input !== input) {
    throw mismatch(id, `was submitted with another input than before`);
  }
}

function mismatch(runId: string, what: string): SignalboxError {
  return new SignalboxError('REPLAY_MISMATCH', `the run ${runId} ${what}`, {
    hint: 'go on with the code that began the run, or start a new run',
    details: { runId },
  });
}
