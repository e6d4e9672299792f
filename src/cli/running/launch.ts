/**
 * What a run was started with, recorded as its input: all that `resume` and `cancel` need to build it again in
 * another process.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { SignalboxError } from '../../core/errors.ts';
import type { StoredRun } from '../../stores/store.ts';

export interface Launch {
  /** Absolute. */
  readonly file: string;
  /** Absolute; undefined for the folder of the file. */
  readonly workflows: string | undefined;
  /** Absolute paths, or names of packages. */
  readonly imports: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly resources: Readonly<Record<string, number>>;
  /** Tasks at once. */
  readonly parallel: number;
  /** Where its commands run. */
  readonly folder: string;
}

export interface LaunchOptions {
  readonly import?: readonly string[];
  readonly workflows?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly param?: Readonly<Record<string, string>>;
  readonly resources?: Readonly<Record<string, number>>;
  readonly parallel?: number;
}

export function newLaunch(file: string, options: LaunchOptions): Launch {
  return {
    file: resolve(file),
    workflows: options.workflows === undefined ? undefined : resolve(options.workflows),
    imports: (options.import ?? []).map(moduleName),
    params: { ...options.params, ...options.param },
    resources: options.resources ?? {},
    parallel: options.parallel ?? availableParallelism(),
    folder: process.cwd(),
  };
}

/** A file of this folder by its path, so that it is found from any folder; else the name of a package. */
function moduleName(given: string): string {
  return given.startsWith('.') || existsSync(given) ? resolve(given) : given;
}

/** The launch as a run's input. */
export const asInput = (launch: Launch): unknown => ({ commandLine: launch });

/** Undefined for a run that was not started by this program. */
export function launchOf({ input }: StoredRun): Launch | undefined {
  const launch = (input as { readonly commandLine?: Partial<Launch> } | undefined | null)?.commandLine;
  return typeof launch === 'object' && typeof launch.file === 'string' ? (launch as Launch) : undefined;
}

/** The same launch with what is said otherwise now. */
export function changed(launch: Launch, options: LaunchOptions): Launch {
  return {
    ...launch,
    params: { ...launch.params, ...options.params, ...options.param },
    resources: { ...launch.resources, ...options.resources },
    parallel: options.parallel ?? launch.parallel,
  };
}

/** Stages run where the run began. @throws PERSISTENCE_NOT_FOUND when that folder is gone */
export function enter({ folder }: Launch): void {
  if (folder === process.cwd()) return;
  try {
    process.chdir(folder);
  } catch (cause) {
    throw new SignalboxError(
      'PERSISTENCE_NOT_FOUND',
      `the run was started in ${folder}, which cannot be entered`,
      {
        hint: 'make the folder again, or start a new run',
        cause,
      },
    );
  }
}
