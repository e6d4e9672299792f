/**
 * The port of what a server has to remember between two lives: how far each schedule was served. Releases themselves,
 * missed ones included, are runs in the scheduler's store; this only tells which times a server that was down has
 * missed, which no store of runs knows of a schedule that has not run yet.
 *
 * Promised: what was written is given back, whole or not at all. Deliberately not in it: locks. Two servers of one
 * folder may both remember; what they release is told apart by run ids.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServedTimes } from './timetable.ts';

/** Name of a workflow file -> its schedules. */
export type FolderTimes = ReadonlyMap<string, ServedTimes>;

export interface ScheduleMemory {
  /** Of a folder, by its absolute path. */
  read(folder: string): FolderTimes;
  write(folder: string, times: FolderTimes): void;
}

/** Remembers for as long as the object lives. */
export function volatileMemory(): ScheduleMemory {
  const folders = new Map<string, FolderTimes>();
  return {
    read: (folder) => folders.get(folder) ?? new Map(),
    write: (folder, times) => void folders.set(folder, new Map(times)),
  };
}

type Written = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;

/** In a JSON file: folder, workflow file, schedule, time. Its folder is made when it is first written. */
export function fileMemory(file: string): ScheduleMemory {
  return {
    read: (folder) => {
      const files = Object.entries(readWritten(file)[folder] ?? {});
      return new Map(files.map(([name, times]) => [name, timesOf(times)]));
    },
    write: (folder, times) => {
      const own = Object.fromEntries([...times].map(([name, one]) => [name, textsOf(one)]));
      replace(file, JSON.stringify({ ...readWritten(file), [folder]: own }, null, 2));
    },
  };
}

/** A file that is not there, or that was damaged, tells nothing. */
function readWritten(file: string): Written {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Written) : {};
  } catch {
    return {};
  }
}

function timesOf(texts: unknown): ServedTimes {
  if (typeof texts !== 'object' || texts === null) return {};
  const times = Object.entries(texts).map(([key, text]): [string, number] => [key, Date.parse(String(text))]);
  return Object.fromEntries(times.filter(([, time]) => Number.isFinite(time)));
}

function textsOf(times: ServedTimes): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(times).map(([key, time]) => [key, new Date(time).toISOString()]));
}

/** Whole or not at all: written beside it, then put into its place. */
function replace(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.new`;
  writeFileSync(beside, `${text}\n`);
  renameSync(beside, file);
}
