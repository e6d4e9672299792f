import { type StoreOptions, withStore } from '../options/shared.ts';
import type { Register } from '../program.ts';

export interface ShowOptions extends StoreOptions {
  readonly svg?: string;
  readonly all?: boolean;
}

export const show: Register = (program, { output, exit }) =>
  withStore(program.command('show'))
    .description('show a run: its jobs and tasks, errors, and a timeline')
    .argument('<run>', 'id of the run, or the beginning of it')
    .option('--svg <file>', 'write the timeline as a picture')
    .option('--all', 'every task, however many there are')
    .action(async (run: string, options: ShowOptions) => {
      const { showRun } = await import('../ledger/show-run.ts');
      exit(await showRun(run, options, output));
    });
