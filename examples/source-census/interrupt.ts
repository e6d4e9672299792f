/** Ctrl-C and its kin: the first asks the work to stop, the second ends the process. */

/** The exit code of a process ended by a signal, as shells tell it: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

type StopSignal = keyof typeof EXIT_CODES;

export class Interrupt {
  readonly #onFirst: () => void;
  #exitCode: number | undefined = undefined;

  /** Listens until `ignore()`; without it the process would not end on Ctrl-C at all. */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
    for (const signal of stopSignals) process.on(signal, this.#hear);
  }

  /** What the process should exit with, once it was asked to stop. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  ignore(): void {
    for (const signal of stopSignals) process.removeListener(signal, this.#hear);
  }

  readonly #hear = (signal: NodeJS.Signals): void => {
    const exitCode = EXIT_CODES[signal as StopSignal];
    // The scheduler kills the process groups of its tasks when the process exits.
    if (this.#exitCode !== undefined) process.exit(exitCode);
    this.#exitCode = exitCode;
    this.#onFirst();
  };
}

const stopSignals = Object.keys(EXIT_CODES) as readonly StopSignal[];
