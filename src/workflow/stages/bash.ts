/** The stage that runs a bash script. Its script is in a private file while it runs; values go through variables. */
import { SignalboxError, StageError } from '../../core/errors.ts';
import { isOnPath } from '../../core/programs.ts';
import type { AttemptContext, PreparedCommand } from '../../executors/executor.ts';
import type { ProcessResult } from '../../executors/process-result.ts';
import type { BashStage } from '../model.ts';
import { checkAllowed, dedent, readCode } from './code.ts';
import type { LeafHost, MakeLeaf, Outputs } from './leaf.ts';
import { inScratch, type Scratch } from './scratch.ts';
import { bindShellText, textOf } from './shell-text.ts';

export const bashStage: MakeLeaf<BashStage> = (stage, host) => ({
  kind: 'command',
  argv: ['bash'],
  shell: false,
  cwd: host.surroundings.workingFolder,
  env: undefined,
  begin: (context) => begin(stage, host, context),
});

type Env = Readonly<Record<string, string>>;

function begin(stage: BashStage, host: LeafHost, context: AttemptContext): PreparedCommand {
  checkAllowed(stage, stage.bash, host);
  const {
    script,
    env: values,
    long,
    warnings,
  } = bindShellText(readCode(stage.bash, ['bash'], host, context));
  for (const what of warnings)
    context.logger.warn(
      `stage ${stage.name}: a value stands in the code given to \`${what}\`; bash keeps it one argument, but what reads it there may not`,
    );
  const env = { ...environmentOf(stage, host, context), ...values };
  return inScratch((scratch) => ({
    ...bashCommand(scratch.write('script.sh', readingOf(long, scratch) + script), env, process.platform),
    cwd: host.surroundings.workingFolder,
    succeeded: outputsOf,
    failed: (_, result) => failure(stage, result),
    over: scratch.remove,
  }));
}

/** Reads long values from private files, on the script's first line: the numbers of lines stay. */
function readingOf(long: Env, scratch: Scratch): string {
  const reads = Object.entries(long).map(
    ([name, text]) => `IFS= read -r -d '' ${name} <'${bashPath(scratch.write(name, text))}' || :; `,
  );
  return reads.join('');
}

/** The stage's `env`: scalars as text. */
function environmentOf(stage: BashStage, host: LeafHost, context: AttemptContext): Env {
  return Object.fromEntries(
    Object.entries(stage.env).map(([name, value]) => [
      name,
      textOf({ value: host.render(value, ['env', name], context), line: 1 }),
    ]),
  );
}

/**
 * How bash is called on this platform: on Windows through WSL, which hands on only the variables that WSLENV names.
 *
 * @throws SignalboxError EXECUTOR_UNAVAILABLE
 */
export function bashCommand(
  file: string,
  env: Env,
  platform: NodeJS.Platform,
  isThere: typeof isOnPath = isOnPath,
): { readonly argv: readonly string[]; readonly env: Env } {
  if (platform !== 'win32') {
    if (!isThere('bash', env)) throw unavailable('bash is not on PATH', 'install bash, or correct PATH');
    return { argv: ['bash', file], env };
  }
  if (!isThere('wsl', env))
    throw unavailable('bash runs through WSL on Windows, and wsl is not on PATH', 'run `wsl --install`');
  const names = [...Object.keys(env), ...(process.env['WSLENV']?.split(':') ?? [])];
  return {
    argv: ['wsl', '--exec', 'bash', bashPath(file)],
    env: { ...env, WSLENV: names.join(':') },
  };
}

/** As bash in WSL sees a path of Windows; any other path stays. */
function bashPath(path: string): string {
  const [, drive, rest] = /^([A-Za-z]):(.*)$/.exec(path) ?? [];
  if (drive === undefined || rest === undefined) return path;
  return `/mnt/${drive.toLowerCase()}${rest.replaceAll('\\', '/')}`;
}

function unavailable(problem: string, hint: string): SignalboxError {
  return new SignalboxError('EXECUTOR_UNAVAILABLE', problem, { hint });
}

/** `return_code`, and what was printed without the empty lines around it; null for nothing. */
function outputsOf({ exitCode, stdout, stderr }: ProcessResult): Outputs {
  return { return_code: exitCode ?? 0, stdout: withoutOuterLines(stdout), stderr: withoutOuterLines(stderr) };
}

function withoutOuterLines(text: string): string | null {
  const inner = text.replace(/^\n+|\n+$/g, '');
  return inner === '' ? null : inner;
}

/** The script stands in it as it was written: values may be secret. */
function failure(stage: BashStage, result: ProcessResult): StageError {
  const { exitCode, signal, stdout, stderr } = result;
  const script = dedent(stage.bash).replace(/\n$/, '').replaceAll('\n', '\n\t');
  const said = stderr.replace(/\n$/, '');
  const killed = signal === undefined ? [] : [`ended by ${signal}`];
  const ended = [...(said === '' ? [] : [said]), ...killed].join('\n');
  // One that says nothing is known by its code alone.
  const why = ended === '' ? `exit code ${exitCode}` : ended;
  return new StageError(`Subprocess: ${why}\n\t\`\`\`bash\n\t${script}\n\t\`\`\``, {
    details: { exitCode, signal, stdout, stderr },
  });
}
