/**
 * The stage that runs Python with packages of its own: by `uv run` where uv is on PATH, else in a virtual environment
 * that is made with venv and pip, and kept for all stages that ask for the same packages and version.
 *
 * Outputs are the names of the code, as in py.ts.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SignalboxError } from '../../core/errors.ts';
import { isOnPath } from '../../core/programs.ts';
import type { AttemptContext, PreparedCommand } from '../../executors/executor.ts';
import { asText } from '../expressions/index.ts';
import type { VirtualPyStage } from '../model.ts';
import type { LeafHost, MakeLeaf } from './leaf.ts';
import { beginPython, systemPython } from './py.ts';
import { BOOTSTRAP, type PythonEnvironment, RUNNER } from './python-program.ts';
import type { Scratch } from './scratch.ts';

export const virtualPyStage: MakeLeaf<VirtualPyStage> = (stage, host) => ({
  kind: 'command',
  argv: ['uv', 'run'],
  shell: false,
  cwd: host.surroundings.workingFolder,
  env: undefined,
  begin: (context) => begin(stage, host, context),
});

interface Wish {
  readonly deps: readonly string[];
  readonly version: string | undefined;
}

function begin(stage: VirtualPyStage, host: LeafHost, context: AttemptContext): PreparedCommand {
  const deps = stage.deps.map((dep, index) => asText(host.render(dep, ['deps', index], context)));
  const version =
    stage.version === undefined ? undefined : asText(host.render(stage.version, ['version'], context));
  const run = isOnPath('uv') ? withUv : withVenv;
  return beginPython(stage, host, context, (scratch) => run(scratch, { deps, version }));
}

/** Its dependencies stand in the header of the program (PEP 723). */
function withUv(scratch: Scratch, { deps, version }: Wish): readonly string[] {
  const header = `# /// script\n# dependencies = ${JSON.stringify(deps)}\n# ///\n`;
  const program = scratch.write('runner.py', header + RUNNER);
  const python = version === undefined ? [] : ['--python', version];
  return ['uv', 'run', ...python, '--no-project', '--script', program, scratch.folder];
}

function withVenv(scratch: Scratch, { deps, version }: Wish): readonly string[] {
  scratch.write('runner.py', RUNNER);
  const environment: PythonEnvironment = { deps, version: version ?? null, cache: cacheFolder() };
  scratch.write('environment.json', JSON.stringify(environment));
  return [pythonFor(version), scratch.write('bootstrap.py', BOOTSTRAP), scratch.folder];
}

/** venv makes environments of the version that runs it, so that one has to be there; BOOTSTRAP checks it. */
function pythonFor(version: string | undefined): string {
  const exact = version === undefined ? undefined : `python${version}`;
  if (exact !== undefined && isOnPath(exact)) return exact;
  if (isOnPath('python3') || isOnPath('python')) return systemPython('install Python 3');
  throw new SignalboxError('EXECUTOR_UNAVAILABLE', 'neither uv nor python3 (for venv and pip) is on PATH', {
    hint: 'install uv, which fetches the versions of Python it needs; or Python itself',
  });
}

/** Where programs of this user keep what can be made again. */
function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? process.env['LOCALAPPDATA'] ?? join(homedir(), '.cache');
  return join(base, 'signalbox', 'venvs');
}
