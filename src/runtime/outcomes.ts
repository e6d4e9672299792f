/** From a row's final snapshot to what a handle gives: value, error, rejection. */
import type { Outcome } from '../../machines/protocol.ts';
import { CancelledError, type SignalboxError } from '../core/errors.ts';
import type { PipelineRow, TaskRow } from './rows.ts';
import { RESULT_OF_FAILURE } from './run-symbols.ts';

export function outcomeOf(row: TaskRow | PipelineRow): Outcome | undefined {
  return row.snapshot.leaf.final ? (row.snapshot.context.outcome ?? undefined) : undefined;
}

/** The result of a row that is final, or throws what `result()` rejects with. */
export function resultOf(row: TaskRow | PipelineRow): unknown {
  row.observed = true;
  return endValueOf(row);
}

/** The same, while nobody has looked at it yet. */
export function endValueOf(row: TaskRow | PipelineRow): unknown {
  const outcome = finalOutcome(row);
  switch (outcome.kind) {
    case 'succeeded':
      return outcome.value;
    case 'failed': {
      const result = row.kind === 'pipeline' ? row.style?.[RESULT_OF_FAILURE]?.(outcome.error) : undefined;
      if (result !== undefined) return result.value;
      throw outcome.error;
    }
    case 'cancelled':
    case 'blocked':
      throw endedWithout(row, outcome);
    default:
      return outcome.kind satisfies never;
  }
}

/** The error of a failed row, undefined for a succeeded one; throws for a cancelled or blocked one. */
export function exceptionOf(row: TaskRow | PipelineRow): unknown {
  row.observed = true;
  const outcome = finalOutcome(row);
  if (outcome.kind === 'failed') return outcome.error;
  if (outcome.kind === 'succeeded') return undefined;
  throw endedWithout(row, outcome);
}

function finalOutcome(row: TaskRow | PipelineRow): Outcome {
  const outcome = outcomeOf(row);
  if (outcome === undefined) throw new Error(`the ${row.kind} ${row.name} is not final`);
  return outcome;
}

function endedWithout(row: TaskRow | PipelineRow, outcome: Outcome): SignalboxError {
  const what = `${row.kind} ${JSON.stringify(row.name)}`;
  const details = {
    name: row.name,
    runId: row.kind === 'task' ? row.run.id : row.id,
    reason: outcome.reason,
  };
  if (outcome.kind === 'blocked') {
    return new CancelledError(`${what} never ran: what it comes after, ${outcome.reason}, ended badly`, {
      details: { ...details, blockedBy: outcome.reason },
    });
  }
  return new CancelledError(`${what} was cancelled (${outcome.reason ?? 'cancelled'})`, {
    details,
    ...(outcome.error === undefined ? {} : { cause: outcome.error }),
  });
}
