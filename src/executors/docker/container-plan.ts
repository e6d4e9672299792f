/** What a caller says of a container, checked, and as the Engine API wants it. */
import { invalidArgument, SignalboxError } from '../../core/errors.ts';
import { type ImageReference, readImage } from '../../core/image-reference.ts';
import { RUN_ID_VARIABLE, TASK_ID_VARIABLE } from '../../core/processes.ts';
import type { AttemptContext, ContainerPlan, RegistryAuth } from '../executor.ts';
import { type Mount, resolveVolumes } from './volumes.ts';

export interface ReadPlan {
  readonly image: ImageReference;
  /** For the header of a pull. */
  readonly auth: Readonly<Record<string, string>> | undefined;
  readonly mounts: readonly Mount[];
  /** Entrypoint and Cmd of the body that makes the container; absent: those of the image. */
  readonly command: { readonly Entrypoint?: readonly string[]; readonly Cmd?: readonly string[] };
  /** `NAME=value`. */
  readonly env: readonly string[];
}

/** @throws INVALID_ARGUMENT, never with a password in it */
export async function readPlan(plan: ContainerPlan): Promise<ReadPlan> {
  const { image, tag, command, env = {}, volumes = {}, auth, cwd } = plan;
  return {
    image: readImage(image, tag),
    auth: auth === undefined ? undefined : readAuth(auth),
    command: command === undefined ? {} : readCommand(command),
    env: readEnv(env),
    mounts: await resolveVolumes(volumes, cwd),
  };
}

function readCommand(command: unknown): ReadPlan['command'] {
  if (typeof command === 'string' && command.trim() !== '')
    return { Entrypoint: ['/bin/sh', '-c'], Cmd: [command] };
  if (Array.isArray(command) && command.length > 0 && command.every((part) => typeof part === 'string'))
    return { Cmd: [...command] };
  throw invalidArgument('the command of a container', command, 'a line for /bin/sh, or an array of strings');
}

function readEnv(env: unknown): string[] {
  const entries = typeof env === 'object' && env !== null ? Object.entries(env) : [];
  return entries.map(([name, value]) => {
    if (name === '' || /[=\0]/.test(name) || typeof value !== 'string' || value.includes('\0'))
      throw invalidArgument(
        `${JSON.stringify(name)} in the env of a container`,
        typeof value === 'string' ? '(not shown)' : value,
        'a name without "=", and a text as value',
      );
    return `${name}=${value}`;
  });
}

const AUTH_NAMES = ['username', 'password', 'passwordEnv', 'registry'];

function readAuth(auth: RegistryAuth): Readonly<Record<string, string>> {
  for (const name of Object.keys(auth)) if (!AUTH_NAMES.includes(name)) throw badAuth(`has ${name}`);
  const { username, password, passwordEnv, registry } = auth;
  if (!isText(username)) throw badAuth('has no username');
  if (registry !== undefined && !isText(registry)) throw badAuth('has a registry that is no text');
  if ((password === undefined) === (passwordEnv === undefined))
    throw badAuth('has both password and passwordEnv, or neither');
  const secret = password ?? passwordFrom(passwordEnv);
  if (!isText(secret)) throw badAuth('has a password that is no text, or an empty one');
  return { username, password: secret, ...(registry === undefined ? {} : { serveraddress: registry }) };
}

function passwordFrom(name: unknown): string {
  const value = isText(name) ? process.env[name] : undefined;
  if (value !== undefined && value !== '') return value;
  throw badAuth(
    `names the environment variable ${JSON.stringify(name)}, which is not set`,
    `set ${String(name)} in the environment of this process, for example from a secret of the host`,
  );
}

function badAuth(why: string, hint?: string): SignalboxError {
  return new SignalboxError(
    'INVALID_ARGUMENT',
    `the auth of a container ${why}; allowed: { username, password or passwordEnv, registry? }`,
    { ...(hint === undefined ? {} : { hint }), details: { argument: 'auth' } },
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

// --- whose container it is ---------------------------------------------------------------------------------

/** Labels of every container: a recovery, or a person, finds by them what was left behind. */
export const RUN_LABEL = 'signalbox.run-id';
export const TASK_LABEL = 'signalbox.task-id';
export const ATTEMPT_LABEL = 'signalbox.attempt';

export interface ContainerOwner {
  /** The name of the container. */
  readonly name: string;
  readonly attempt: number;
  readonly taskId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Told to the container itself. */
  readonly env: readonly string[];
}

export function ownerOf({ id, runId, attempt }: AttemptContext): ContainerOwner {
  return {
    name: `signalbox-${`${id}-${attempt}`.replace(/[^\w.-]/g, '_')}`,
    attempt,
    taskId: id,
    labels: { [RUN_LABEL]: runId, [TASK_LABEL]: id, [ATTEMPT_LABEL]: String(attempt) },
    env: [`${RUN_ID_VARIABLE}=${runId}`, `${TASK_ID_VARIABLE}=${id}`, `SIGNALBOX_ATTEMPT=${attempt}`],
  };
}

/** The body of the request that makes it. */
export function createBody(
  plan: ReadPlan,
  owner: ContainerOwner,
  logs: Mount,
  init: boolean,
): Readonly<Record<string, unknown>> {
  return {
    Image: plan.image.text,
    ...plan.command,
    Env: [...plan.env, ...owner.env],
    Labels: owner.labels,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: false,
    Tty: false,
    HostConfig: { Mounts: [...plan.mounts, logs], ...(init ? { Init: true } : {}) },
  };
}
