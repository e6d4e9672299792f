/**
 * What is seen while the work goes on. On a terminal, a few lines that are drawn over and over; anywhere else,
 * plain lines, one for each step. Both only read the record and the ledger: watching changes nothing.
 */
import type { Observable, Subscription } from 'rxjs';
import type { RuntimeEvent } from '../../src/index.ts';
import type { Ledger } from './ledger.ts';
import type { RunRecord } from './run-record.ts';
import { STAGE_NAMES, type StageName } from './summary.ts';
import { bar, isLive, keepEnd, type Style, styleFor, widthOf } from './terminal.ts';
import { count, duration, number, percent } from './words.ts';

export interface Progress {
  /** A line that stays. */
  say(line: string): void;
  /** No more drawing; the terminal is left as if nothing had been drawn. */
  end(): void;
}

const DRAW_EVERY_MS = 80;
const RUNNING_SHOWN = 4;

export interface Watched {
  readonly events$: Observable<RuntimeEvent>;
  readonly record: RunRecord;
  readonly ledger: Ledger;
}

export function watch(stream: NodeJS.WriteStream, watched: Watched): Progress {
  return isLive(stream) ? new LiveProgress(stream, watched) : new PlainProgress(stream, watched);
}

/** For --quiet: says only what must be said. */
export function unwatched(stream: NodeJS.WriteStream): Progress {
  return { say: (line) => void stream.write(`${line}\n`), end: () => {} };
}

class LiveProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #record: RunRecord;
  readonly #ledger: Ledger;
  readonly #style: Style;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #drawnLines = 0;

  constructor(stream: NodeJS.WriteStream, { record, ledger }: Watched) {
    this.#stream = stream;
    this.#record = record;
    this.#ledger = ledger;
    this.#style = styleFor(stream);
    // Unreferenced: the picture must not be what keeps the process alive.
    this.#timer = setInterval(() => this.#draw(), DRAW_EVERY_MS).unref();
    this.#stream.write(HIDE_CURSOR);
    process.once('exit', this.#showCursor);
  }

  say(line: string): void {
    this.#stream.write(`${this.#erase()}${line}\n`);
    this.#draw();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#stream.write(this.#erase());
    this.#showCursor();
    process.removeListener('exit', this.#showCursor);
  }

  readonly #showCursor = (): void => {
    this.#stream.write(SHOW_CURSOR);
  };

  /** Erasing and drawing are one write, so that nothing flickers. */
  #draw(): void {
    const lines = this.#lines(widthOf(this.#stream));
    const erased = this.#erase();
    this.#drawnLines = lines.length;
    this.#stream.write(`${erased}${lines.join('\n')}\n`);
  }

  #erase(): string {
    const lines = this.#drawnLines;
    this.#drawnLines = 0;
    return lines === 0 ? '' : `\u001b[${lines}A\r\u001b[0J`;
  }

  #lines(width: number): readonly string[] {
    const { dim } = this.#style;
    const spans = [...this.#record.spans.values()];
    const running = spans.filter((span) => span.state === 'running');
    const waiting = spans.filter((span) => span.state === 'queued').length;
    const shown = running.slice(0, RUNNING_SHOWN).map((span) => dim(`  ▸ ${keepEnd(span.name, width - 5)}`));
    const more = running.length > shown.length ? [dim(`  ▸ and ${running.length - shown.length} more`)] : [];
    return [this.#headline(), this.#resources(waiting), ...shown, ...more];
  }

  #headline(): string {
    const { bold, accent, dim } = this.#style;
    const stage = bold(currentStage(this.#record).padEnd(8));
    const elapsed = dim(duration(performance.now() - this.#startedAt));
    const { total, done, failed } = this.#ledger.counts(this.#record);
    if (total === 0) return `${stage} ${accent('looking for files')}  ${elapsed}`;
    const share = this.#ledger.share(this.#record);
    const files = `${number(done + failed)} of ${count(total, 'file')}`;
    return `${stage} ${accent(bar(share, 24))} ${percent(share).padStart(5)}  ${files}  ${elapsed}`;
  }

  #resources(waiting: number): string {
    const { dim } = this.#style;
    const uses = [...this.#record.capacities].map(([label, capacity]) => {
      const inUse = this.#record.inUse(label);
      return `${label} ${bar(inUse / capacity, 8)} ${inUse}/${capacity}`;
    });
    return dim(`${' '.repeat(8)} ${uses.join('  ')}  queue ${number(waiting)}`);
  }
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** A line when a stage begins, and at each quarter of the work. */
class PlainProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #record: RunRecord;
  readonly #ledger: Ledger;
  readonly #subscription: Subscription;
  #stage: StageName | '' = '';
  #quarter = 0;

  constructor(stream: NodeJS.WriteStream, { events$, record, ledger }: Watched) {
    this.#stream = stream;
    this.#record = record;
    this.#ledger = ledger;
    this.#subscription = events$.subscribe(({ type }) => {
      if (type === 'task:running' || type === 'task:succeeded' || type === 'task:failed') this.#look();
    });
  }

  say(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  end(): void {
    this.#subscription.unsubscribe();
  }

  #look(): void {
    const { total, done, failed } = this.#ledger.counts(this.#record);
    const stage = currentStage(this.#record);
    if (stage !== this.#stage) {
      this.#stage = stage;
      this.say(`${stage}: ${WHAT_FOR[stage]}${stage === 'measure' ? ` ${count(total, 'file')}` : ''}`);
    }
    const quarter = Math.floor(4 * this.#ledger.share(this.#record));
    if (quarter > this.#quarter) {
      this.#quarter = quarter;
      this.say(`${stage}: ${percent(quarter / 4)}, ${number(done + failed)} of ${count(total, 'file')}`);
    }
  }
}

const WHAT_FOR: Readonly<Record<StageName, string>> = {
  find: 'looking for files',
  measure: 'hashing, compressing and counting',
  report: 'adding up',
};

function currentStage(record: RunRecord): StageName {
  const last = [...record.spans.values()].at(-1);
  return STAGE_NAMES[last?.stage ?? 0] ?? 'find';
}
