/** From a file or a text to a workflow: its modules imported, its problems told all at once. */
import { dirname, isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError, WorkflowError } from '../core/errors.ts';
import { importsOf, parseDocument, readSource } from './document/index.ts';
import type { LeafStage } from './model.ts';
import { findNeighbour } from './neighbours.ts';
import { defaultRegistry, Registry } from './registry.ts';
import type { Surroundings } from './stages/leaf.ts';
import { type Origin, Workflow } from './workflow.ts';

export interface LoadOptions {
  /** Folder of the workflows that triggers name. Default: that of the file; a text has none. */
  readonly workflows?: string;
  /** Modules that call `register`: paths below the working folder, or package names. Those of the file come on top. */
  readonly imports?: readonly string[];
  /** Functions and filters. Default: those of `register` and `registerFilter`. */
  readonly registry?: Registry;
  /**
   * Whether the code of stages (bash, py, js) may run: `false` refuses all of it, and the modules that the file
   * imports; a function is asked for each. Default true.
   */
  readonly allowCode?: boolean | ((code: string, stage: LeafStage) => boolean);
  /** Where commands run, and what volumes lie below. Default: that of this process. */
  readonly workingFolder?: string;
}

const NAMES = ['workflows', 'imports', 'registry', 'allowCode', 'workingFolder'];

/**
 * Reads a workflow file.
 * @throws WORKFLOW_INVALID with all problems in `details.problems`; INVALID_ARGUMENT
 */
export async function loadWorkflow(file: string, options: LoadOptions = {}): Promise<Workflow> {
  if (typeof file !== 'string' || file === '')
    throw invalidArgument('the file of a workflow', file, 'a path');
  const read = readLoadOptions(options);
  const path = resolve(read.workingFolder, file);
  const text = await readSource(file, path);
  return load(text, file, path, read);
}

/** The same for a text; `file` is what its problems are told of. */
export async function parseWorkflow(
  text: string,
  options: LoadOptions & { readonly file?: string } = {},
): Promise<Workflow> {
  if (typeof text !== 'string') throw invalidArgument('the text of a workflow', text, 'YAML');
  const { file = '<text>', ...rest } = options;
  return load(text, file, undefined, readLoadOptions(rest));
}

interface ReadOptions {
  readonly folder: string | undefined;
  readonly imports: readonly string[];
  readonly registry: Registry;
  readonly allowCode: Surroundings['allowCode'];
  readonly workingFolder: string;
}

function readLoadOptions(options: LoadOptions): ReadOptions {
  if (typeof options !== 'object' || options === null)
    throw invalidArgument('the options of a workflow', options, `an object with ${NAMES.join(', ')}`);
  checkKeys('option of a workflow', options, NAMES);
  const { workflows, imports = [], registry = defaultRegistry, allowCode = true } = options;
  const { workingFolder = process.cwd() } = options;
  if (workflows !== undefined && (typeof workflows !== 'string' || workflows === ''))
    throw invalidArgument('workflows', workflows, 'the path of a folder');
  if (!Array.isArray(imports) || !imports.every((one) => typeof one === 'string' && one !== ''))
    throw invalidArgument('imports', imports, 'an array of paths and package names');
  if (!(registry instanceof Registry)) throw invalidArgument('registry', registry, 'a Registry');
  if (typeof allowCode !== 'boolean' && typeof allowCode !== 'function')
    throw invalidArgument('allowCode', allowCode, 'true, false, or a function of the code and its stage');
  if (typeof workingFolder !== 'string' || workingFolder === '')
    throw invalidArgument('workingFolder', workingFolder, 'the path of a folder');
  const base = resolve(workingFolder);
  const addresses = imports.map((one) => addressOf(one, base));
  const folder = workflows === undefined ? undefined : resolve(base, workflows);
  return { folder, imports: addresses, registry, allowCode, workingFolder: base };
}

/** A path becomes an address, so that it means the same from everywhere; a package name stays one. */
function addressOf(module: string, base: string): string {
  const isPath = module.startsWith('.') || isAbsolute(module) || /\.[cm]?[jt]s$/.test(module);
  return isPath ? pathToFileURL(resolve(base, module)).href : module;
}

async function load(
  text: string,
  file: string,
  path: string | undefined,
  options: ReadOptions,
): Promise<Workflow> {
  const home = path === undefined ? options.workingFolder : dirname(path);
  const own = importsOf(text).map((one) => addressOf(one, home));
  if (own.length > 0 && options.allowCode === false) throw importsRefused(file, own);
  const imports = [...new Set([...options.imports, ...own])];
  for (const address of imports) await importModule(address);
  const plan = parseDocument(text, file, { rules: { filters: options.registry.filters } });
  const folder = options.folder ?? (path === undefined ? undefined : home);
  const isReloadable = options.registry === defaultRegistry && typeof options.allowCode === 'boolean';
  const allowCode = options.allowCode === true;
  const origin: Origin = { file: path, folder, imports, isReloadable, allowCode };
  return new Workflow(plan, origin, surroundingsOf(options, folder));
}

function surroundingsOf(options: ReadOptions, folder: string | undefined): Surroundings {
  const { registry, allowCode, workingFolder } = options;
  const readNeighbour = async (path: string) =>
    load(await readSource(path, path), path, path, { ...options, folder });
  const find = async (name: string): Promise<Workflow> => {
    if (folder !== undefined) return findNeighbour(folder, name, readNeighbour);
    throw new WorkflowError('INVALID_ARGUMENT', `the workflow '${name}' is looked for nowhere`, {
      hint: 'a workflow that was read from a text needs the option `workflows` to trigger others',
    });
  };
  return { registry, allowCode, workingFolder, env: process.env, find };
}

async function importModule(address: string): Promise<void> {
  try {
    await import(address);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SignalboxError('INVALID_ARGUMENT', `the module ${address} cannot be imported: ${why}`, {
      hint: 'a module named by --import or imports: calls register(...) of signalbox/workflow',
      cause,
    });
  }
}

function importsRefused(file: string, imports: readonly string[]): SignalboxError {
  return new WorkflowError(
    'WORKFLOW_INVALID',
    `${file} imports ${imports.join(', ')}, which the host refuses`,
    {
      hint: 'leave imports: out, or let the host pass the modules itself',
      details: { problems: [] },
    },
  );
}

/** A workflow again from what a ledger keeps of a run of it. */
export async function reloadWorkflow(definition: {
  readonly file: string | null;
  readonly text: string;
  readonly folder: string | null;
  readonly imports: readonly string[];
  readonly allowCode: boolean;
}): Promise<Workflow> {
  const { file, text, folder, imports, allowCode } = definition;
  const read = readLoadOptions({ imports, allowCode, ...(folder === null ? {} : { workflows: folder }) });
  return load(text, file ?? '<text>', file ?? undefined, read);
}
