/**
 * The other workflows of a folder: found by the name that a trigger gives, read only then. A file that is broken,
 * or that happens to have the same name as the one that runs, changes nothing for who does not ask for it.
 */
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { StageError } from '../core/errors.ts';
import type { Workflow } from './workflow.ts';

export type ReadWorkflow = (file: string) => Promise<Workflow>;

const isWorkflowFile = (file: string): boolean => /\.ya?ml$/.test(file);

/**
 * The workflow of that name: the file that is called so and says so inside; else the one that says so inside; else
 * the file that is called so, whatever it says inside.
 * @throws WORKFLOW_INVALID when the file that is called so is broken; STAGE_FAILED when there is none, or two
 */
export async function findNeighbour(folder: string, name: string, read: ReadWorkflow): Promise<Workflow> {
  const files = (await filesOf(folder)).filter(isWorkflowFile);
  const named = files.filter((file) => basename(file, extname(file)) === name || file === name);
  if (named.length > 1) throw ambiguous(folder, name, named);
  const [own] = named;
  const called = own === undefined ? undefined : await read(join(folder, own));
  if (called !== undefined && (called.name === name || own === name)) return called;
  const { found, broken } = await readAll(folder, name, files, read);
  if (found.length > 1)
    throw ambiguous(
      folder,
      name,
      found.map(({ file, name: shown }) => basename(file ?? shown)),
    );
  const [workflow = called] = found;
  if (workflow !== undefined) return workflow;
  throw notFound(folder, name, broken);
}

async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw new StageError(`the folder of workflows ${JSON.stringify(folder)} cannot be read`, { cause });
  }
}

async function readAll(folder: string, name: string, files: readonly string[], read: ReadWorkflow) {
  const found: Workflow[] = [];
  const broken: string[] = [];
  for (const file of files) {
    try {
      const workflow = await read(join(folder, file));
      if (workflow.name === name) found.push(workflow);
    } catch {
      broken.push(file);
    }
  }
  return { found, broken };
}

function ambiguous(folder: string, name: string, files: readonly string[]): StageError {
  return new StageError(`several workflows in ${folder} are called '${name}': ${files.join(', ')}`, {
    hint: 'give each a name of its own, or trigger one by its file name',
    details: { errorName: 'ValueError' },
  });
}

function notFound(folder: string, name: string, broken: readonly string[]): StageError {
  const unread = broken.length === 0 ? '' : `; these files cannot be read: ${broken.join(', ')}`;
  return new StageError(`Config '${name}' does not found on the conf path: ${folder}${unread}.`, {
    hint: 'put the workflow into that folder, or name another with --workflows',
    details: { errorName: 'ValueError' },
  });
}
