/** A run as a picture on a terminal, drawn over while it goes on. */
import { systemClock } from '../../core/clock.ts';
import { frame } from './frame.ts';
import { Picture } from './picture.ts';
import { treeOf } from './run-tree.ts';
import type { WatchRun } from './watch.ts';

export const watchLive: WatchRun = (run, { stdout, style }) => {
  const tree = treeOf(run);
  const picture = new Picture(stdout, (size) => frame(tree, { ...size, now: systemClock.now(), style }));
  return {
    tree,
    event: (event) => tree.apply(event),
    say: (line) => picture.say(line),
    end: async () => picture.end(),
  };
};
