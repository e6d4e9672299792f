import { type RunningOptions, withRunning } from '../options/shared.ts';
import type { Register } from '../program.ts';

export const resume: Register = (program, { output, exit }) =>
  withRunning(program.command('resume'))
    .description('go on with a run: what had succeeded is not done again')
    .argument('<run>', 'id of the run, or the beginning of it')
    .addHelpText('after', HELP)
    .action(async (run: string, options: RunningOptions) => {
      const { resumeRun } = await import('../running/resume-run.ts');
      exit(await resumeRun(run, options, output));
    });

const HELP = `
Examples:
  signalbox resume 0193a1b2
  signalbox resume 0193a1b2 --param retries=5`;
