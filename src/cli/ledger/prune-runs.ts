/** `prune`. */
import { systemClock } from '../../core/clock.ts';
import type { PruneOptions } from '../commands/prune.ts';
import { EXIT } from '../exit-codes.ts';
import { storeFile } from '../options/shared.ts';
import type { Output } from '../output.ts';
import { parseDuration } from '../terminal/times.ts';
import { storeToRead } from './store-file.ts';

export async function pruneRuns(options: PruneOptions, output: Output): Promise<number> {
  const age = parseDuration('--older-than', options.olderThan);
  const store = storeToRead(storeFile(options));
  const removed = (await store?.prune({ finishedBefore: systemClock.now() - age })) ?? 0;
  await store?.close();
  if (options.json === true) output.json({ removed });
  else output.print(`removed ${removed} ${removed === 1 ? 'run' : 'runs'}`);
  return EXIT.succeeded;
}
