/**
 * The private folder of one container, its /logs: made before the container, read after its end, removed.
 *
 * What a container leaves there is not to be trusted: it may be a link, a pipe that nobody writes to, or endless.
 */
import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTAINER_OUTPUTS_BYTES } from '../../core/limits.ts';
import { LOGS_TARGET, type Mount } from './volumes.ts';

export type OutputsRead =
  | { readonly kind: 'none' }
  | { readonly kind: 'read'; readonly outputs: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unreadable'; readonly why: string; readonly hint: string };

const OUTPUTS_FILE = 'outputs.json';

/** A link is not followed, and a pipe is not waited for. Windows has neither flag. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const WRITE_AN_OBJECT = 'write one JSON object there, with the names of the outputs as keys';

export class LogsFolder {
  /** Nobody else may enter; the container reaches what is mounted without passing through. */
  readonly #outer: string;
  readonly path: string;

  private constructor(outer: string) {
    this.#outer = outer;
    this.path = join(outer, 'logs');
  }

  /** `parent`: default the system's folder for temporary files. The engine must see it under the same path. */
  static async make(parent: string = tmpdir()): Promise<LogsFolder> {
    const folder = new LogsFolder(await mkdtemp(join(parent, 'signalbox-container-')));
    await mkdir(folder.path);
    // The user of the container is not known here, and seldom is this one.
    await chmod(folder.path, 0o777);
    return folder;
  }

  get mount(): Mount {
    return { Type: 'bind', Source: this.path, Target: LOGS_TARGET, ReadOnly: false };
  }

  /** Never rejects. */
  async readOutputs(): Promise<OutputsRead> {
    let file: FileHandle;
    try {
      file = await open(join(this.path, OUTPUTS_FILE), READ);
    } catch (error) {
      return notOpened((error as { readonly code?: unknown }).code);
    }
    try {
      return await readObject(file);
    } catch (error) {
      return unreadable(`cannot be read: ${String(error)}`, WRITE_AN_OBJECT);
    } finally {
      await file.close();
    }
  }

  /** Resolves with what kept it from being removed; undefined when it is gone. */
  async remove(): Promise<unknown> {
    try {
      await rm(this.#outer, { recursive: true, force: true });
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

async function readObject(file: FileHandle): Promise<OutputsRead> {
  const stat = await file.stat();
  if (!stat.isFile()) return unreadable('is no file', WRITE_AN_OBJECT);
  if (stat.size > CONTAINER_OUTPUTS_BYTES)
    return unreadable(
      `has ${stat.size} bytes; allowed: at most ${CONTAINER_OUTPUTS_BYTES}`,
      'leave what is larger in a volume, and its path in the outputs',
    );
  return parse(await file.readFile('utf8'));
}

function parse(text: string): OutputsRead {
  let outputs: unknown;
  try {
    outputs = JSON.parse(text);
  } catch (error) {
    return unreadable(`is not JSON: ${error instanceof Error ? error.message : error}`, WRITE_AN_OBJECT);
  }
  if (typeof outputs !== 'object' || outputs === null || Array.isArray(outputs))
    return unreadable('is JSON, but no object', WRITE_AN_OBJECT);
  return { kind: 'read', outputs: outputs as Readonly<Record<string, unknown>> };
}

function notOpened(code: unknown): OutputsRead {
  if (code === 'ENOENT') return { kind: 'none' };
  if (code === 'ELOOP' || code === 'EMLINK')
    return unreadable('is a link', 'write the file itself: a link may lead anywhere');
  return unreadable(
    `cannot be opened (${String(code)})`,
    'let the container leave it readable for everybody',
  );
}

function unreadable(why: string, hint: string): OutputsRead {
  return { kind: 'unreadable', why, hint };
}
