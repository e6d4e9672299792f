import { type StoreOptions, withStore } from '../options/shared.ts';
import type { Register } from '../program.ts';

export interface CancelOptions extends StoreOptions {
  readonly reason?: string;
}

export const cancel: Register = (program, { output, exit }) =>
  withStore(program.command('cancel'))
    .description('stop a run, from any process: what runs is asked to end, then finally jobs run')
    .argument('<run>', 'id of the run, or the beginning of it')
    .option('--reason <text>', 'why; recorded with the run')
    .action(async (run: string, options: CancelOptions) => {
      const { cancelRun } = await import('../running/cancel-run.ts');
      exit(await cancelRun(run, options, output));
    });
