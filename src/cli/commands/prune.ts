import { type StoreOptions, withStore } from '../options/shared.ts';
import type { Register } from '../program.ts';

export interface PruneOptions extends StoreOptions {
  readonly olderThan: string;
}

export const prune: Register = (program, { output, exit }) =>
  withStore(program.command('prune'))
    .description('delete runs that ended long ago')
    .option('--older-than <age>', 'a number and a unit: ms, s, m, h, d, w', '30d')
    .action(async (options: PruneOptions) => {
      const { pruneRuns } = await import('../ledger/prune-runs.ts');
      exit(await pruneRuns(options, output));
    });
