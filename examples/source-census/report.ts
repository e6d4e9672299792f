/** The report as data: totals, kinds of files, the largest, and the duplicates. Pure. */
import { extname } from 'node:path';
import type { FileFacts } from './file-facts.ts';
import type { Problem } from './problem.ts';

export interface Totals {
  readonly files: number;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly lines: number;
}

export interface KindOfFile extends Totals {
  /** The extension in lower case with its dot, or `no extension`. */
  readonly extension: string;
}

export interface Duplicates {
  readonly sha256: string;
  /** Of one copy. */
  readonly bytes: number;
  readonly paths: readonly string[];
}

export interface Report {
  readonly totals: Totals;
  readonly binaryFiles: number;
  /** Most lines first. */
  readonly kinds: readonly KindOfFile[];
  readonly largest: readonly FileFacts[];
  /** Most bytes that could be spared first. */
  readonly duplicates: readonly Duplicates[];
  readonly problems: readonly Problem[];
  readonly skipped: number;
  readonly notes: readonly string[];
}

export interface ReportInput {
  readonly facts: readonly FileFacts[];
  readonly problems: readonly Problem[];
  readonly skipped: number;
  readonly notes: readonly string[];
}

const LARGEST = 10;

export function buildReport({ facts, problems, skipped, notes }: ReportInput): Report {
  return {
    totals: totalsOf(facts),
    binaryFiles: facts.filter((file) => file.binary).length,
    kinds: kindsOf(facts),
    largest: facts.toSorted((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1)).slice(0, LARGEST),
    duplicates: duplicatesOf(facts),
    problems: problems.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    skipped,
    notes,
  };
}

/** Bytes that would be saved if each content were kept once. */
export function spareBytes({ bytes, paths }: Duplicates): number {
  return bytes * (paths.length - 1);
}

function totalsOf(facts: readonly FileFacts[]): Totals {
  const totals = { files: facts.length, bytes: 0, gzipBytes: 0, lines: 0 };
  for (const file of facts) {
    totals.bytes += file.bytes;
    totals.gzipBytes += file.gzipBytes;
    totals.lines += file.lines;
  }
  return totals;
}

function kindsOf(facts: readonly FileFacts[]): readonly KindOfFile[] {
  const groups = groupBy(facts, ({ path }) => extname(path).toLowerCase() || 'no extension');
  const kinds = [...groups].map(([extension, files]) => ({ extension, ...totalsOf(files) }));
  return kinds.sort((a, b) => b.lines - a.lines || b.bytes - a.bytes);
}

/** Empty files are all alike, and nobody's mistake. */
function duplicatesOf(facts: readonly FileFacts[]): readonly Duplicates[] {
  const groups = groupBy(
    facts.filter((file) => file.bytes > 0),
    (file) => file.sha256,
  );
  const found = [...groups].flatMap(([sha256, files]): readonly Duplicates[] => {
    const bytes = files[0]?.bytes ?? 0;
    return files.length > 1 ? [{ sha256, bytes, paths: files.map((file) => file.path).sort() }] : [];
  });
  return found.sort((a, b) => spareBytes(b) - spareBytes(a));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
