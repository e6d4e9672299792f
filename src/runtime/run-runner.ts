/** Enters the bodies of runs and turns their ends into events of the pipeline machine. */
import { TerminatedError } from '../core/errors.ts';
import { runAs } from './ambient.ts';
import type { Body, BodyEnd } from './body.ts';
import { classifyBody } from './ends.ts';
import { resultText } from './ledger/payload.ts';
import type { PipelineRow } from './rows.ts';
import { DECLARES_STAGES } from './run-symbols.ts';
import type { Supervisor } from './supervisor.ts';

export class RunRunner {
  readonly #supervisor: Supervisor;
  readonly #graceAt: () => number;
  readonly #post: (message: () => void) => void;

  constructor(supervisor: Supervisor, graceAt: () => number, post: (message: () => void) => void) {
    this.#supervisor = supervisor;
    this.#graceAt = graceAt;
    this.#post = post;
  }

  /** Enters the body: its synchronous part runs now, in its own async context. */
  enter(row: PipelineRow): void {
    const { body } = row;
    if (body === undefined) throw new Error(`the run ${row.name} has no body`);
    if (row.stages.length === 0 && row.style?.[DECLARES_STAGES] !== true)
      this.#supervisor.reachStage(row, undefined);
    body.active = true;
    const over = (end: NonNullable<Body['end']>) => {
      body.active = false;
      body.end = end;
      this.#post(() => this.#ended(body));
    };
    runAs(row, async () => body.enter(body.controls)).then(
      (value) => over({ kind: 'returned', value }),
      (error) => over({ kind: 'threw', error }),
    );
  }

  #ended(body: Body): void {
    const { row, end } = body;
    row.body = undefined;
    if (end !== undefined) this.#supervisor.endBody(row, classifyBody(body, written(row, end)));
  }

  /** Aborts the run's signal and leaves its waits. */
  notify(row: PipelineRow): void {
    const reason = row.snapshot.context.ending?.error;
    row.graceAt = this.#graceAt();
    row.body?.stop(reason ?? new TerminatedError());
  }
}

/** With a ledger, a result that cannot be written is a failure of the run. */
function written(row: PipelineRow, end: BodyEnd): BodyEnd {
  if (end.kind !== 'returned' || row.ledger?.recording !== true) return end;
  try {
    row.resultText = resultText(row.toResult(end.value), `the result of the run ${JSON.stringify(row.name)}`);
    return end;
  } catch (error) {
    return { kind: 'threw', error };
  }
}
