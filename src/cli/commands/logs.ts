import { type StoreOptions, withStore } from '../options/shared.ts';
import type { Register } from '../program.ts';

export const logs: Register = (program, { output, exit }) =>
  withStore(program.command('logs'))
    .description('print what happened in a run, with the output of its tasks')
    .argument('<run>', 'id of the run, or the beginning of it')
    .action(async (run: string, options: StoreOptions) => {
      const { printLogs } = await import('../ledger/print-logs.ts');
      exit(await printLogs(run, options, output));
    });
