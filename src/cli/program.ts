/** The commands put together: one line each to add one. Errors become exit codes here. */
import { Command, CommanderError } from 'commander';
import { cancel } from './commands/cancel.ts';
import { check } from './commands/check.ts';
import { graph } from './commands/graph.ts';
import { logs } from './commands/logs.ts';
import { prune } from './commands/prune.ts';
import { resume } from './commands/resume.ts';
import { run } from './commands/run.ts';
import { runs } from './commands/runs.ts';
import { schema } from './commands/schema.ts';
import { serve } from './commands/serve.ts';
import { show } from './commands/show.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import type { Output } from './output.ts';

export interface Surroundings {
  readonly output: Output;
  /** Says the exit code of what was done. */
  readonly exit: (code: number) => void;
}

/** Adds a command. What only it needs is imported when it is called. */
export type Register = (program: Command, surroundings: Surroundings) => Command;

/** In the order of the help text. */
const COMMANDS: readonly Register[] = [
  run,
  resume,
  runs,
  show,
  logs,
  cancel,
  graph,
  check,
  serve,
  prune,
  schema,
];

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
  const program = build(version, { output, exit });
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

function build(version: string, surroundings: Surroundings): Command {
  const program = new Command('signalbox')
    .description('Runs workflow files: jobs, stages and tasks under exact resource admission.')
    .version(version, '-V, --version')
    .addHelpText('after', EXAMPLES);
  for (const register of COMMANDS) register(program, surroundings);
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
