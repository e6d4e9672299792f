/** Reads a workflow file. What is no text, or too large to be one, is a problem of the file and not an exception. */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { WorkflowError } from '../../core/errors.ts';
import { WORKFLOW_FILE_BYTES } from '../../core/limits.ts';
import { didYouMean } from '../expressions/suggestion.ts';
import { invalidFile } from './report.ts';

/**
 * The text of a file, without a byte order mark.
 *
 * @param file as it was given, for messages
 * @param path where it is; default: `file`
 * @throws WORKFLOW_INVALID for a file that is not there, is a folder, is larger than 1 MiB, or is no UTF-8
 */
export async function readSource(file: string, path: string = file): Promise<string> {
  const bytes = await readBytes(file, path);
  if (bytes.length > WORKFLOW_FILE_BYTES)
    throw unusable(
      file,
      `the file has more than ${WORKFLOW_FILE_BYTES} bytes, which no workflow needs`,
      'keep data in files of its own, and read them in a stage',
    );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unusable(file, 'the file is no UTF-8 text', 'is this a workflow file? Save it as UTF-8');
  }
}

async function readBytes(file: string, path: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    return await readUpTo(handle, WORKFLOW_FILE_BYTES + 1);
  } catch (error) {
    throw await unreadable(file, path, error);
  } finally {
    await handle?.close();
  }
}

/** A device or a pipe does not say how long it is, so that no more is read than may be kept. */
async function readUpTo(handle: FileHandle, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let length = 0; length < most; ) {
    const buffer = new Uint8Array(Math.min(64 * 1024, most - length));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return Buffer.concat(chunks);
}

async function unreadable(file: string, path: string, error: unknown): Promise<WorkflowError> {
  const code = (error as { readonly code?: unknown }).code;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return unusable(file, 'there is no such file', await nearName(path));
  if (code === 'EISDIR') return unusable(file, 'this is a folder, not a workflow file', 'name a file in it');
  if (code === 'EACCES' || code === 'EPERM')
    return unusable(file, 'the file may not be read', 'give yourself the right to read it');
  return unusable(
    file,
    `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    undefined,
  );
}

async function nearName(path: string): Promise<string | undefined> {
  try {
    return didYouMean(basename(path), await readdir(dirname(path)));
  } catch {
    return undefined;
  }
}

function unusable(file: string, message: string, hint: string | undefined): WorkflowError {
  const problem = { file, line: 1, column: 1, path: [], message, hint };
  return invalidFile([{ problem, span: { start: 0, end: 0 } }], undefined);
}
