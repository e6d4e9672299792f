/**
 * The workflow files of a folder: read once, and again when they change. A file that cannot be read is told of and
 * left out; the others are not affected. Of several workflows of one name the one whose file is called so counts,
 * else the first by file name.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { invalidArgument, WorkflowError } from '../../core/errors.ts';
import { type LoadOptions, loadWorkflow } from '../load.ts';
import type { Workflow } from '../workflow.ts';
import { Timetable } from './timetable.ts';

export interface FileReport {
  /** Name in the folder. */
  readonly file: string;
  /** Undefined when it is gone, or was left out for `error`. */
  readonly workflow: Workflow | undefined;
  readonly error: Error | undefined;
}

/** A workflow, and the name of its file in the folder. */
export interface StoredWorkflow {
  readonly file: string;
  readonly workflow: Workflow;
}

interface Known {
  /** Tells one content from another without reading it. */
  readonly stamp: string;
  readonly workflow: Workflow | undefined;
}

export class WorkflowFolder {
  /** Absolute. */
  readonly path: string;
  readonly #load: LoadOptions;
  readonly #known = new Map<string, Known>();

  /** @throws INVALID_ARGUMENT when it cannot be read */
  constructor(path: string, load: LoadOptions) {
    this.path = resolve(path);
    this.#load = { workflows: this.path, ...load };
    try {
      readdirSync(this.path);
    } catch (cause) {
      throw invalidArgument(
        'the folder of workflows',
        path,
        'a folder that can be read',
        (cause as Error).message,
      );
    }
  }

  /** Files that were read, in the order of their names; also those that were left out. */
  get files(): readonly string[] {
    return [...this.#known.keys()].sort();
  }

  /** By name. */
  get workflows(): ReadonlyMap<string, StoredWorkflow> {
    const found = new Map<string, StoredWorkflow>();
    for (const file of this.files) {
      const workflow = this.#known.get(file)?.workflow;
      if (workflow === undefined) continue;
      if (!found.has(workflow.name) || isCalled(file, workflow.name))
        found.set(workflow.name, { file, workflow });
    }
    return found;
  }

  /** Files whose workflow has the name of another's, and is not served. */
  get hidden(): ReadonlyMap<string, Error> {
    const winners = this.workflows;
    const losers = this.files.flatMap((file): (readonly [string, Error])[] => {
      const name = this.#known.get(file)?.workflow?.name;
      const winner = name === undefined ? undefined : winners.get(name)?.file;
      return winner === undefined || winner === file ? [] : [[file, sameName(file, winner, name)]];
    });
    return new Map(losers);
  }

  /** Names of files that are new, changed or gone since they were read; undefined when the folder cannot be read. */
  changes(): readonly string[] | undefined {
    const stamps = this.#stamps();
    if (stamps === undefined) return undefined;
    const changed = [...stamps].filter(([file, stamp]) => this.#known.get(file)?.stamp !== stamp);
    const gone = this.files.filter((file) => !stamps.has(file));
    return [...changed.map(([file]) => file), ...gone];
  }

  /** Reads a file that has changed. Never rejects. */
  async read(file: string): Promise<FileReport> {
    const stamp = this.#stamps()?.get(file);
    if (stamp === undefined) {
      this.#known.delete(file);
      return { file, workflow: undefined, error: undefined };
    }
    try {
      const workflow = await loadWorkflow(join(this.path, file), this.#load);
      checkReleasable(workflow);
      this.#known.set(file, { stamp, workflow });
      return { file, workflow, error: undefined };
    } catch (error) {
      this.#known.set(file, { stamp, workflow: undefined });
      return { file, workflow: undefined, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  #stamps(): ReadonlyMap<string, string> | undefined {
    try {
      const files = readdirSync(this.path).filter((file) => /\.ya?ml$/.test(file));
      return new Map(files.flatMap((file) => stampOf(this.path, file)));
    } catch {
      return undefined;
    }
  }
}

function stampOf(folder: string, file: string): readonly (readonly [string, string])[] {
  const stat = statSync(join(folder, file), { throwIfNoEntry: false });
  return stat?.isFile() === true ? [[file, `${stat.mtimeMs} ${stat.size} ${stat.ino}`]] : [];
}

function sameName(file: string, winner: string, name: string | undefined): Error {
  return new WorkflowError('WORKFLOW_INVALID', `${file} has the name of ${winner}: ${JSON.stringify(name)}`, {
    hint: 'give each workflow of a folder a name of its own',
  });
}

const isCalled = (file: string, name: string): boolean => basename(file, extname(file)) === name;

/** A schedule gives no parameters: a workflow that needs some could never run. */
function checkReleasable(workflow: Workflow): void {
  if (workflow.plan.schedules.length === 0) return;
  workflow.pipeline({});
  new Timetable(workflow.plan.schedules, {}, 0);
}
