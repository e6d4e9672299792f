/** The body of a run: user code that submits tasks and waits. Entered once, outside every public call. */
import type { Controls } from './controls.ts';
import type { PipelineRow } from './rows.ts';

export type BodyEnd =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown };

export class Body {
  readonly row: PipelineRow;
  enter: (controls: Controls) => unknown;
  readonly controls: Controls;
  input: unknown;
  end: BodyEnd | undefined = undefined;
  active = false;
  stopping = false;
  stopReason: unknown = undefined;
  /** Waits of this run's controls: a terminated run leaves them. */
  readonly waits = new Set<(reason: unknown) => void>();
  /** Asked twice to stop, the run takes no finally tasks: its style is told, once. */
  whenGivenUp: (() => void) | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(
    row: PipelineRow,
    enter: (controls: Controls) => unknown,
    makeControls: (body: Body) => Controls,
    input: unknown,
  ) {
    this.row = row;
    this.enter = enter;
    this.input = input;
    this.controls = makeControls(this);
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.stopping) this.#controller.abort(this.stopReason);
    }
    return this.#controller.signal;
  }

  /** Calls `whenGivenUp`. */
  giveUp(): void {
    const told = this.whenGivenUp;
    this.whenGivenUp = undefined;
    told?.();
  }

  stop(reason: unknown): void {
    if (this.stopping) return;
    this.stopping = true;
    this.stopReason = reason;
    this.#controller?.abort(reason);
    for (const reject of [...this.waits]) reject(reason);
  }
}
