/** The commands put together: one line each to add one. Errors become exit codes here. */
import { Command, CommanderError } from 'commander';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import type { Output } from './output.ts';

export interface Surroundings {
  readonly output: Output;
  /** Says the exit code of what was done. */
  readonly exit: (code: number) => void;
}

/** Adds a command. What only it needs is imported when it is called. */
export type Register = (program: Command, surroundings: Surroundings) => Command;

/** In the order of the help text. Imported when it is called, or when all of them are listed. */
const COMMANDS: ReadonlyMap<string, () => Promise<Register>> = new Map([
  ['run', async () => (await import('./commands/run.ts')).run],
  ['resume', async () => (await import('./commands/resume.ts')).resume],
  ['runs', async () => (await import('./commands/runs.ts')).runs],
  ['show', async () => (await import('./commands/show.ts')).show],
  ['logs', async () => (await import('./commands/logs.ts')).logs],
  ['cancel', async () => (await import('./commands/cancel.ts')).cancel],
  ['graph', async () => (await import('./commands/graph.ts')).graph],
  ['check', async () => (await import('./commands/check.ts')).check],
  ['serve', async () => (await import('./commands/serve.ts')).serve],
  ['prune', async () => (await import('./commands/prune.ts')).prune],
  ['schema', async () => (await import('./commands/schema.ts')).schema],
]);

const EXAMPLES = `
Examples:
  signalbox run release.yml --param version=1.4.0    run a workflow file
  signalbox runs                                     what has run
  signalbox show 0193a1b2                            one run: jobs, tasks, errors, timeline
  signalbox resume 0193a1b2                          do only what has not succeeded

Exit codes:
  0 succeeded   1 the run failed   2 wrong usage or invalid file   3 a check found a counterexample
  130 cancelled`;

/** Does what the arguments say. Gives the exit code; never rejects. */
export async function main(args: readonly string[], version: string, output: Output): Promise<number> {
  let code: number = EXIT.succeeded;
  const exit = (given: number): void => {
    code = given;
  };
  const program = await build(args[0] ?? '', version, { output, exit });
  if (args.length === 0) {
    output.stderr.write(program.helpInformation());
    return EXIT.wrongUsage;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said it already: help and version are no errors, everything else is wrong usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.succeeded : EXIT.wrongUsage;
    output.complain(error);
    return exitCodeOf(error);
  }
}

/** With the one command that is called; with all of them where none is, for the help text and for advice. */
async function build(called: string, version: string, surroundings: Surroundings): Promise<Command> {
  const one = COMMANDS.get(called);
  const loads = one === undefined ? [...COMMANDS.values()] : [one];
  const registers = await Promise.all(loads.map((load) => load()));
  const program = new Command('signalbox')
    .description('Runs workflow files: jobs, stages and tasks under exact resource admission.')
    .version(version, '-V, --version')
    .addHelpText('after', EXAMPLES);
  for (const register of registers) register(program, surroundings);
  for (const command of [program, ...program.commands]) adjust(command, surroundings.output);
  return program;
}

function adjust(command: Command, { stdout, stderr, style }: Output): void {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError(`(signalbox ${command.parent === null ? '' : `${command.name()} `}--help says more)`)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text.replace(/^error: /, 'signalbox: ')),
    })
    .configureHelp({
      styleTitle: style.bold,
      styleSubcommandTerm: style.accent,
      styleOptionTerm: style.accent,
    });
}
