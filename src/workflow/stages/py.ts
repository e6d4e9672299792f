/**
 * The stage that runs Python in a process of its own.
 *
 * Outputs are the names of the module after the code has run: not those that begin with two underscores, not
 * modules and classes, not `vars` that still are what was handed in. A function becomes its name, a tuple a list, a
 * date its ISO text, an integer beyond 2^53 its digits. What JSON cannot hold (an open file, NaN) is left out, and
 * a warning in the log names it. Outputs come through a private file: stdout is the code's own.
 */
import { SignalboxError, StageError } from '../../core/errors.ts';
import { isOnPath } from '../../core/programs.ts';
import type { AttemptContext, PreparedCommand } from '../../executors/executor.ts';
import type { ProcessResult } from '../../executors/process-result.ts';
import type { PyStage, VirtualPyStage } from '../model.ts';
import { checkAllowed, dedent, readCode } from './code.ts';
import type { LeafHost, MakeLeaf, Outputs } from './leaf.ts';
import { type PythonJob, type PythonOutcome, RUNNER } from './python-program.ts';
import { bindPythonText } from './python-text.ts';
import { inScratch, type Scratch } from './scratch.ts';

export const pyStage: MakeLeaf<PyStage> = (stage, host) => ({
  kind: 'command',
  argv: ['python3'],
  shell: false,
  cwd: host.surroundings.workingFolder,
  env: undefined,
  begin: (context) =>
    beginPython(stage, host, context, (scratch) => [
      systemPython('install Python 3'),
      '-u',
      '-X',
      'utf8',
      scratch.write('runner.py', RUNNER),
      scratch.folder,
    ]),
});

/** The attempt of a stage with Python code; `command` gives what runs it, in the folder of the attempt. */
export function beginPython(
  stage: PyStage | VirtualPyStage,
  host: LeafHost,
  context: AttemptContext,
  command: (scratch: Scratch) => readonly string[],
): PreparedCommand {
  checkAllowed(stage, stage.code, host);
  const { text, names } = bindPythonText(readCode(stage.code, [stage.codeKey], host, context));
  const job: PythonJob = {
    file: `<stage ${stage.name}>`,
    shown: dedent(stage.code),
    vars: host.render(stage.vars, ['vars'], context) as Outputs,
    names,
    workingFolder: host.surroundings.workingFolder,
  };
  return inScratch((scratch) => {
    scratch.write('code.py', text);
    scratch.write('job.json', JSON.stringify(job));
    return {
      argv: command(scratch),
      cwd: host.surroundings.workingFolder,
      succeeded: () => outputsOf(scratch, stage, context),
      failed: (_, result) => failure(scratch, result),
      over: scratch.remove,
    };
  });
}

/** @throws SignalboxError EXECUTOR_UNAVAILABLE */
export function systemPython(hint: string): string {
  const found = ['python3', 'python'].find((program) => isOnPath(program));
  if (found !== undefined) return found;
  throw new SignalboxError('EXECUTOR_UNAVAILABLE', 'neither python3 nor python is on PATH', { hint });
}

function outcomeOf(scratch: Scratch): PythonOutcome | undefined {
  const text = scratch.read('outcome.json');
  return text === undefined ? undefined : (JSON.parse(text) as PythonOutcome);
}

function outputsOf(scratch: Scratch, stage: { readonly name: string }, context: AttemptContext): Outputs {
  const outcome = outcomeOf(scratch);
  if (outcome?.kind !== 'outputs')
    throw new StageError('Python ended with code 0 before its outputs were known', {
      hint: 'the code ended its process, with os._exit for example',
    });
  if (outcome.dropped.length > 0)
    context.logger.warn(
      `stage ${stage.name}: no outputs, because JSON cannot hold them: ${outcome.dropped.join(', ')}`,
    );
  return outcome.outputs;
}

/** What the code threw, under its own name; without that, how the process ended. */
function failure(scratch: Scratch, result: ProcessResult): StageError {
  const { exitCode, signal, stderr } = result;
  const outcome = outcomeOf(scratch);
  if (outcome?.kind === 'error')
    return new StageError(outcome.message, { details: { errorName: outcome.name, exitCode } });
  const how = signal === undefined ? `exited with code ${exitCode}` : `was ended by ${signal}`;
  const said = stderr.trimEnd();
  return new StageError(`Python ${how}${said === '' ? '' : `: ${said}`}`, { details: { exitCode, signal } });
}
