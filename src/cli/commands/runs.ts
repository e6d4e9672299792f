import { type Command, InvalidArgumentError } from 'commander';
import type { LifecycleState } from '../../index.ts';
import { type StoreOptions, withStore } from '../options/shared.ts';
import { wholeNumber } from '../options/values.ts';
import type { Register } from '../program.ts';

/** Every state, so that none is forgotten here. */
const EVERY: Readonly<Record<LifecycleState, true>> = {
  queued: true,
  ready: true,
  running: true,
  succeeded: true,
  failed: true,
  cancelled: true,
  blocked: true,
};
const STATES = Object.keys(EVERY) as readonly LifecycleState[];

export interface RunsOptions extends StoreOptions {
  readonly state?: LifecycleState;
  readonly name?: string;
  readonly limit?: number;
}

export const runs: Register = (program, { output, exit }): Command =>
  withStore(program.command('runs'))
    .description('list runs, newest first')
    .option('--state <state>', `only runs in this state: ${STATES.join(', ')}`, readState)
    .option('--name <name>', 'only runs of this name')
    .option('--limit <n>', 'at most so many (default: 100)', wholeNumber)
    .action(async (options: RunsOptions) => {
      const { listRuns } = await import('../ledger/list-runs.ts');
      exit(await listRuns(options, output));
    });

function readState(text: string): LifecycleState {
  const state = STATES.find((one) => one === text);
  if (state !== undefined) return state;
  throw new InvalidArgumentError(`Allowed: ${STATES.join(', ')}.`);
}
