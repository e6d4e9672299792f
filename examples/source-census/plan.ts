/** How the files are cut into tasks, and what each task asks of the resources. Pure. */
import { WHOLE_BYTES } from './file-facts.ts';
import type { FoundFile } from './find-files.ts';
import type { Tool } from './tools.ts';

export interface Plan {
  /** Measured by commands, each file by a few child processes. */
  readonly large: readonly FoundFile[];
  /** Measured on threads, many files per task. */
  readonly batches: readonly (readonly FoundFile[])[];
}

/** A type alias, so that it is a record of amounts. */
export type Amounts = { readonly cpu: number; readonly mem: number };

/** A child process costs some milliseconds: below this size, a thread is done sooner. */
const LARGE_BYTES = 64 * 1024;
/** The largest files only: thousands of large images are better off on threads too. */
const MOST_LARGE = 32;

/** A batch takes a fraction of a second, so that Ctrl-C and the progress are prompt. */
const MOST_BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_FILES = 256;
/** Less is not worth a task of its own. */
const LEAST_BATCH_BYTES = 64 * 1024;
/** Batches per core, at least: the last ones to end should not be long ones. */
const BATCHES_PER_CPU = 6;

export function planFiles(files: readonly FoundFile[], cpu: number, toolsExist: boolean): Plan {
  const candidates = toolsExist ? files.filter((file) => file.bytes >= LARGE_BYTES) : [];
  const large = candidates.sort((a, b) => b.bytes - a.bytes).slice(0, MOST_LARGE);
  const chosen = new Set(large);
  const small = files.filter((file) => !chosen.has(file));
  return { large, batches: cutIntoBatches(small, cpu) };
}

function cutIntoBatches(files: readonly FoundFile[], cpu: number): readonly (readonly FoundFile[])[] {
  const wanted = cpu * BATCHES_PER_CPU;
  const mostBytes = Math.max(LEAST_BATCH_BYTES, Math.min(MOST_BATCH_BYTES, totalBytes(files) / wanted));
  const mostFiles = Math.min(BATCH_FILES, Math.max(1, files.length / 2));
  const batches: FoundFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= mostFiles || bytes >= mostBytes) {
      batches.push([file]);
      bytes = file.bytes;
    } else {
      last.push(file);
      bytes += file.bytes;
    }
  }
  return batches;
}

const MEGABYTE = 1024 * 1024;
/** Megabytes of a thread, and of a child process, before they have read anything. */
const THREAD_MB = 12;
const PROCESS_MB = 4;

/** A thread holds one file and its compressed copy at a time. */
export function batchAmounts(batch: readonly FoundFile[]): Amounts {
  const largest = Math.max(...batch.map((file) => file.bytes));
  return { cpu: 1, mem: THREAD_MB + megabytes(2 * Math.min(largest, WHOLE_BYTES)) };
}

/** The commands read piece by piece; counting lines and hashing mostly wait for the disk. */
export function toolAmounts(tool: Tool, bytes: number): Amounts {
  const mem = PROCESS_MB + megabytes(Math.min(bytes, MEGABYTE));
  switch (tool) {
    case 'gzip':
      return { cpu: 1, mem };
    case 'sha256sum':
      return { cpu: 0.5, mem };
    case 'wc':
      return { cpu: 0.25, mem };
    default:
      return tool satisfies never;
  }
}

/** What exceeds a whole capacity could never be admitted: such a task takes all of it, and runs alone. */
export function within(amounts: Amounts, cpu: number, memMb: number): Amounts {
  return { cpu: Math.min(amounts.cpu, cpu), mem: Math.min(amounts.mem, memMb) };
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MEGABYTE);
}

export function totalBytes(files: readonly FoundFile[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}
