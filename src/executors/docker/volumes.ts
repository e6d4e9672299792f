/**
 * Which folders of this machine a container gets: what lies below the working folder, wherever links lead, and
 * nothing else. The engine is given the real path, so that a link which is turned later changes nothing.
 */
import { realpath } from 'node:fs/promises';
import { isAbsolute, join, posix, resolve, sep, win32 } from 'node:path';
import { invalidArgument, SignalboxError } from '../../core/errors.ts';

/** As the Engine API takes it. */
export interface Mount {
  readonly Type: 'bind';
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
}

/** Where every container finds its private folder. */
export const LOGS_TARGET = '/logs';

/** @throws INVALID_ARGUMENT for a volume that leads out of the folder, is not there, or has no place inside */
export async function resolveVolumes(
  volumes: Readonly<Record<string, string>>,
  cwd: string = process.cwd(),
): Promise<Mount[]> {
  const entries = Object.entries(volumes);
  if (entries.length === 0) return [];
  const folder = await realpath(resolve(cwd));
  const mounts = await Promise.all(
    entries.map(async ([source, target]): Promise<Mount> => {
      const place = readTarget(source, target);
      return { Type: 'bind', Source: await resolveSource(folder, source), ...place };
    }),
  );
  refuseTwice(mounts);
  return mounts;
}

async function resolveSource(folder: string, source: string): Promise<string> {
  const isOutside =
    isAbsolute(source) || posix.isAbsolute(source) || win32.isAbsolute(source) || /^[A-Za-z]:/.test(source);
  if (source === '' || source.includes('\0') || isOutside || source.split(/[/\\]/).includes('..'))
    throw outside(source);
  const real = await realpath(join(folder, source)).catch((cause: unknown) => {
    throw missing(folder, source, cause);
  });
  const below = folder.endsWith(sep) ? folder : folder + sep;
  if (real !== folder && !real.startsWith(below)) throw outside(source);
  return real;
}

function readTarget(source: string, given: unknown): Pick<Mount, 'Target' | 'ReadOnly'> {
  const [, path = '', mode] = typeof given === 'string' ? (/^([^:\0]+)(?::(ro|rw))?$/.exec(given) ?? []) : [];
  const target = posix.normalize(path).replace(/(?<=.)\/$/, '');
  const isPlace = target.startsWith('/') && target !== '/';
  if (!isPlace || target === LOGS_TARGET || target.startsWith(`${LOGS_TARGET}/`))
    throw invalidArgument(
      `the target of the volume ${JSON.stringify(source)}`,
      given,
      'an absolute path in the container besides / and /logs, with :ro at its end to make it read-only',
    );
  return { Target: target, ReadOnly: mode === 'ro' };
}

function refuseTwice(mounts: readonly Mount[]): void {
  const seen = new Set<string>();
  for (const { Target: target } of mounts) {
    if (seen.has(target))
      throw invalidArgument('the target of two volumes', target, 'a place of its own each');
    seen.add(target);
  }
}

function outside(source: string): SignalboxError {
  return invalidArgument(
    'the source of a volume',
    source,
    'a path below the working folder: relative, without "..", and no link that leads out',
    'put what the container needs below the working folder, or give the task another one with cwd',
  );
}

function missing(folder: string, source: string, cause: unknown): SignalboxError {
  const code = (cause as { readonly code?: unknown }).code;
  return new SignalboxError(
    'INVALID_ARGUMENT',
    `the source of a volume was ${JSON.stringify(source)}, which cannot be found below ${folder} (${String(code)}); allowed: what is there`,
    { hint: 'make the folder before the container needs it', cause },
  );
}
