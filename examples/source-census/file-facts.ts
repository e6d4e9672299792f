/**
 * The body of the thread tasks: what is to be known of a file. Hashing and compressing block their thread,
 * which is why they are not done on the one that draws the progress and listens for Ctrl-C.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import type { AttemptContext } from '../../src/index.ts';
import type { FoundFile } from './find-files.ts';
import { isFileError, type Problem, whyUnreadable } from './problem.ts';

export interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** Newline characters, as `wc -l` counts them; 0 for a binary file. */
  readonly lines: number;
  readonly binary: boolean;
  readonly sha256: string;
}

export interface Measured {
  readonly facts: readonly FileFacts[];
  readonly problems: readonly Problem[];
}

/** Up to this size a file is read whole; beyond it, piece by piece, in constant memory. */
export const WHOLE_BYTES = 16 * 1024 * 1024;

/** As git decides it: a file with a NUL among its first bytes is not text. */
const SNIFFED_BYTES = 8000;
const NEWLINE = 0x0a;

/** Measures a batch; a file that cannot be read becomes a problem of its own. */
export async function measureFiles(
  root: string,
  files: readonly FoundFile[],
  context: AttemptContext,
): Promise<Measured> {
  const facts: FileFacts[] = [];
  const problems: Problem[] = [];
  for (const [index, file] of files.entries()) {
    context.throwIfCancelled();
    try {
      facts.push(await measure(root, file, context));
    } catch (error) {
      if (!isFileError(error)) throw error;
      problems.push({ path: file.path, why: whyUnreadable(error) });
    }
    context.emitProgress((100 * (index + 1)) / files.length);
  }
  return { facts, problems };
}

async function measure(
  root: string,
  { path, bytes }: FoundFile,
  context: AttemptContext,
): Promise<FileFacts> {
  const from = join(root, path);
  return bytes <= WHOLE_BYTES ? measureWhole(path, readFileSync(from)) : measureInPieces(path, from, context);
}

function measureWhole(path: string, content: Buffer): FileFacts {
  const binary = looksBinary(content);
  return {
    path,
    bytes: content.length,
    gzipBytes: gzipSync(content).length,
    lines: binary ? 0 : countLines(content),
    binary,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

async function measureInPieces(path: string, from: string, context: AttemptContext): Promise<FileFacts> {
  const hash = createHash('sha256');
  const binary = isBinaryFile(from);
  let [bytes, lines, gzipBytes] = [0, 0, 0];
  await pipeline(
    createReadStream(from, { highWaterMark: 1024 * 1024 }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        context.throwIfCancelled();
        hash.update(chunk);
        bytes += chunk.length;
        if (!binary) lines += countLines(chunk);
        yield chunk;
      }
    },
    createGzip(),
    async (packed: AsyncIterable<Buffer>) => {
      for await (const chunk of packed) gzipBytes += chunk.length;
    },
  );
  return { path, bytes, gzipBytes, lines, binary, sha256: hash.digest('hex') };
}

/** Reads the beginning alone. Throws what the file system says. */
export function isBinaryFile(file: string): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(SNIFFED_BYTES);
    return looksBinary(head.subarray(0, readSync(descriptor, head)));
  } finally {
    closeSync(descriptor);
  }
}

function looksBinary(content: Buffer): boolean {
  return content.subarray(0, SNIFFED_BYTES).includes(0);
}

function countLines(content: Buffer): number {
  let lines = 0;
  for (let at = content.indexOf(NEWLINE); at !== -1; at = content.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
