/** What an engine tells of a pull, hundreds of lines a second, as few messages for people. */

interface Layer {
  readonly current: number;
  readonly total: number;
}

export class PullProgress {
  readonly #image: string;
  readonly #onMessage: (message: string) => void;
  /** What is downloaded of each layer, in bytes. */
  readonly #layers = new Map<string, Layer>();
  #percent = -1;
  #last = '';

  constructor(image: string, onMessage: (message: string) => void) {
    this.#image = image;
    this.#onMessage = onMessage;
  }

  add({ id, status, progressDetail }: Readonly<Record<string, unknown>>): void {
    if (typeof status !== 'string' || status === '') return;
    if (typeof id === 'string' && status === 'Downloading') this.#download(id, progressDetail);
    else if (typeof id !== 'string' || /^Pulling from|complete$|exists$/i.test(status)) this.#tell(status);
  }

  #download(id: string, detail: unknown): void {
    const { current, total } = (detail ?? {}) as { readonly current?: unknown; readonly total?: unknown };
    if (typeof current !== 'number' || typeof total !== 'number' || !(total > 0)) return;
    this.#layers.set(id, { current: Math.min(current, total), total });
    const percent = this.#share();
    // A layer that becomes known late makes the share smaller: that is not told.
    if (percent <= this.#percent) return;
    this.#percent = percent;
    this.#tell(`${percent}% downloaded`);
  }

  #share(): number {
    let current = 0;
    let total = 0;
    for (const layer of this.#layers.values()) {
      current += layer.current;
      total += layer.total;
    }
    return Math.floor((100 * current) / total);
  }

  #tell(what: string): void {
    if (what === this.#last) return;
    this.#last = what;
    this.#onMessage(`pulling ${this.#image}: ${what}`);
  }
}
