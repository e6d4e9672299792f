/** A run as lines that stay, for files, pipes and other programs' logs. */
import type { Output } from '../output.ts';
import { type EventLineOptions, eventLine, outputLines } from './event-lines.ts';
import { type RunTree, treeOf } from './run-tree.ts';
import type { Watch, WatchRun } from './watch.ts';

export const watchLines: WatchRun = (run, output) => {
  const tree = treeOf(run);
  const { style } = output;
  output.print(`${style.dim('run')} ${run.runId}  ${style.bold(tree.root.label)}`);
  return linesOf(tree, output, { style });
};

export const watchFailures: WatchRun = (run, output) =>
  linesOf(treeOf(run), output, { style: output.style, failuresOnly: true });

function linesOf(tree: RunTree, { print, note }: Output, options: EventLineOptions): Watch {
  const event: Watch['event'] = (happened) => {
    tree.apply(happened);
    if (happened.type === 'task:output' && options.failuresOnly !== true)
      print(...outputLines(tree, happened, options.style));
    const line = eventLine(tree, happened, options);
    if (line !== undefined) print(line);
  };
  return { tree, event, say: note, end: async () => {} };
}
