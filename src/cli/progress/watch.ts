/**
 * What is seen while a run goes on: a picture that is drawn over on a terminal, lines anywhere else, the events
 * themselves for programs. All of them only listen.
 */
import { systemClock } from '../../core/clock.ts';
import type { RuntimeEvent } from '../../runtime/index.ts';
import type { Output } from '../output.ts';
import { isLive } from '../terminal/style.ts';
import { eventLine, outputLines } from './event-lines.ts';
import type { RunTree } from './run-tree.ts';

export type Mode = 'json' | 'quiet' | 'plain' | 'live';

export interface Watch {
  event(event: RuntimeEvent): void;
  /** Something that concerns whoever watches, and is no part of the run. */
  say(line: string): void;
  /** The last picture stays. */
  end(): Promise<void>;
}

export function modeFor(
  output: Output,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
): Mode {
  if (json) return 'json';
  if (quiet) return 'quiet';
  return isLive(output.stdout) ? 'live' : 'plain';
}

export function watchRun(mode: Mode, tree: RunTree, output: Output): Watch {
  if (mode === 'live') return new LiveWatch(tree, output);
  const { style } = output;
  if (mode === 'plain')
    output.print(`${style.dim('run')} ${tree.runId ?? ''}  ${style.bold(tree.root.label)}`);
  const event = (happened: RuntimeEvent): void => {
    tree.apply(happened);
    if (mode === 'json') return output.json(happened);
    if (mode === 'plain' && happened.type === 'task:output')
      output.print(...outputLines(tree, happened, style));
    const line = eventLine(tree, happened, { style, failuresOnly: mode === 'quiet' });
    if (line !== undefined) output.print(line);
  };
  return { event, say: output.note, end: async () => {} };
}

class LiveWatch implements Watch {
  readonly #tree: RunTree;
  readonly #picture: Promise<{ say(line: string): void; end(): void }>;

  constructor(tree: RunTree, output: Output) {
    this.#tree = tree;
    this.#picture = draw(tree, output);
  }

  event(event: RuntimeEvent): void {
    this.#tree.apply(event);
  }

  say(line: string): void {
    void this.#picture.then((picture) => picture.say(line));
  }

  async end(): Promise<void> {
    (await this.#picture).end();
  }
}

/** What draws is loaded while the run already begins. */
async function draw(tree: RunTree, { stdout, style }: Output) {
  const [{ Picture }, { frame }] = await Promise.all([import('./picture.ts'), import('./frame.ts')]);
  return new Picture(stdout, (size) => frame(tree, { ...size, now: systemClock.now(), style }));
}
