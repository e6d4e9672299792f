import type { Command } from 'commander';
import { type FileOptions, type RunningOptions, withFile, withRunning } from '../options/shared.ts';
import type { Register } from '../program.ts';

interface RunOptions extends RunningOptions, FileOptions {
  readonly dryRun?: boolean;
}

export const run: Register = (program, { output, exit }) =>
  withFile(withRunning(program.command('run')))
    .description('run a workflow file')
    .argument('<file>', 'the workflow file')
    .option('--dry-run', 'print what would run; start and write nothing')
    .addHelpText('after', HELP)
    .action(async (file: string, options: RunOptions) => {
      const { dryRun, runFile } = await import('../running/run-file.ts');
      exit(await (options.dryRun === true ? dryRun : runFile)(file, options, output));
    }) satisfies Command;

const HELP = `
Examples:
  signalbox run release.yml --param version=1.4.0
  signalbox run nightly.yml --resources cpu=8,mem=32 --parallel 4
  signalbox run release.yml --dry-run
  signalbox run release.yml --json | jq 'select(.type == "task:failed")'`;
