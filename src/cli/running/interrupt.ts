/**
 * Ctrl-C and its kin while a run goes on: the first asks the run to stop, the second stops what was left to be done
 * in any case, the third ends this process, and with it the process groups of its tasks.
 */
import { EXIT } from '../exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface InterruptSteps {
  first(signal: string): void;
  second(): void;
}

export class Interrupt {
  readonly #steps: InterruptSteps;
  #count = 0;

  /** Listens until `ignore`. */
  constructor(steps: InterruptSteps) {
    this.#steps = steps;
    for (const signal of SIGNALS) process.on(signal, this.#hear);
  }

  get happened(): boolean {
    return this.#count > 0;
  }

  ignore(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#hear);
  }

  readonly #hear = (signal: NodeJS.Signals): void => {
    this.#count += 1;
    if (this.#count === 1) this.#steps.first(signal);
    else if (this.#count === 2) this.#steps.second();
    else process.exit(EXIT.cancelled);
  };
}
