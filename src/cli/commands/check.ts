import type { Command } from 'commander';
import { type FileOptions, type RunningOptions, withFile } from '../options/shared.ts';
import { collectAmounts, collectPair, wholeNumber } from '../options/values.ts';
import type { Register } from '../program.ts';

export interface CheckOptions
  extends FileOptions,
    Pick<RunningOptions, 'json' | 'param' | 'resources' | 'parallel'> {
  readonly maxStates?: number;
}

export const check: Register = (program, { output, exit }): Command =>
  withFile(program.command('check'))
    .description('explore the schedule of a workflow file: does everything in it get to run and to an end?')
    .argument('<file>', 'the workflow file')
    .option('-p, --param <name=value>', 'a parameter that is known; may be given several times', collectPair)
    .option('--resources <label=amount,...>', 'capacities that tasks are admitted against', collectAmounts)
    .option('--parallel <n>', 'tasks at once (default: the number of cores)', wholeNumber)
    .option('--max-states <n>', 'look at so many states at most (default: 200000)', wholeNumber)
    .option('--json', 'print one JSON object per line, and nothing else')
    .addHelpText('after', HELP)
    .action(async (file: string, options: CheckOptions) => {
      const { checkFile } = await import('../check/check-file.ts');
      exit(await checkFile(file, options, output));
    });

const HELP = `
Nothing of the workflow is run. Exit code 3: something is wrong with the schedule.

Examples:
  signalbox check release.yml --resources cpu=8,mem=32 --parallel 4
  signalbox check release.yml --param env=prod --max-states 1000000`;
