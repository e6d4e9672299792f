/**
 * What is seen while a run goes on: a picture that is drawn over on a terminal, lines anywhere else, the events
 * themselves for programs. All of them only listen. What draws and writes is loaded by those who look.
 */
import type { RuntimeEvent } from '../../runtime/index.ts';
import type { Output } from '../output.ts';
import { isLive } from '../terminal/style.ts';
import type { RunStart, RunTree } from './run-tree.ts';

export type Mode = 'json' | 'quiet' | 'plain' | 'live';

export interface Watch {
  /** What is known of the run by now; undefined where nobody reads it. */
  readonly tree: RunTree | undefined;
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

export type WatchRun = (run: RunStart, output: Output) => Watch;

export async function loadWatch(mode: Mode): Promise<WatchRun> {
  switch (mode) {
    case 'json':
      return watchEvents;
    case 'live':
      return (await import('./live-watch.ts')).watchLive;
    case 'plain':
      return (await import('./line-watch.ts')).watchLines;
    case 'quiet':
      return (await import('./line-watch.ts')).watchFailures;
    default:
      return mode satisfies never;
  }
}

const watchEvents: WatchRun = (_run, { json, note }) => ({
  tree: undefined,
  event: json,
  say: note,
  end: async () => {},
});
