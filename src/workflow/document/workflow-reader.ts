/** The top of a file: which of its two forms it has, and all that belongs to the workflow as a whole. */
import { WORKFLOW_TIMEOUT_MS } from '../../core/limits.ts';
import { listed } from '../expressions/suggestion.ts';
import type { Path, WorkflowPlan } from '../model.ts';
import { shown } from './issues.ts';
import { readJobs } from './job-reader.ts';
import { readParams } from './param-reader.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';
import { readSchedules } from './schedule-reader.ts';
import { sharedParts } from './shared-parts.ts';
import { type ShapedWorkflow, workflowShape } from './workflow-shape.ts';

const KEYS: readonly string[] = Object.keys(workflowShape.shape);
const DEFAULT_TIMEOUT_S = WORKFLOW_TIMEOUT_MS / 1_000;

/** Undefined, with problems told, for a file that is no workflow. */
export function readWorkflow(raw: unknown, reading: Reading): WorkflowPlan | undefined {
  const form = formOf(raw, reading);
  return form === undefined ? undefined : readForm(form, reading);
}

export interface Form {
  readonly raw: RawMap;
  readonly root: Path;
  /** The key of the map form. */
  readonly name: string | undefined;
}

function formOf(raw: unknown, { problems }: Reading): Form | undefined {
  if (raw === null || raw === undefined) {
    problems.add([], 'the file is empty', { hint: 'a workflow begins with name: and jobs:' });
    return undefined;
  }
  if (!isRawMap(raw)) {
    problems.add([], `the file is ${shown(raw)}; allowed: a map with name and jobs`, {
      hint: 'is a colon missing, or the blank after it?',
    });
    return undefined;
  }
  const named = namedWorkflows(raw);
  const [name, second] = named;
  if (name === undefined) return { raw, root: [], name: undefined };
  const inner = raw[name];
  if (second === undefined && isRawMap(inner)) return { raw: inner, root: [name], name };
  problems.add([second ?? name], `the file has several workflows: ${listed(named)}; a file is one`, {
    part: 'key',
    hint: 'put each into a file of its own',
  });
  return undefined;
}

/** `<name>: { jobs: ... }`: no key of the top is one of a workflow, and what stands under them is. */
function namedWorkflows(raw: RawMap): readonly string[] {
  const keys = Object.keys(raw);
  if (keys.some((key) => KEYS.includes(key))) return [];
  const named = keys.filter((key) => {
    const inner = raw[key];
    return isRawMap(inner) && Object.keys(inner).some((known) => KEYS.includes(known));
  });
  return named.length === keys.length ? named : [];
}

function readForm({ raw, root, name }: Form, reading: Reading): WorkflowPlan | undefined {
  const own = name === undefined ? raw : { ...raw, name };
  const given = reading.shaped<ShapedWorkflow>(workflowShape, own, root, 'a workflow');
  checkName(raw, root, name, reading);
  reading.literal(
    raw['extras'],
    [...root, 'extras'],
    'registered functions take rendered values through with:',
  );
  const params = readParams(raw['params'], [...root, 'params'], reading);
  const schedules = readSchedules(raw['on'], [...root, 'on'], reading);
  const jobs = readJobs(raw['jobs'], [...root, 'jobs'], reading);
  if (given === undefined || !reading.problems.isEmpty) return undefined;
  return planOf(given, { params, schedules, jobs, root, source: reading.source });
}

function checkName(raw: RawMap, root: Path, name: string | undefined, reading: Reading): void {
  if (name === undefined) return reading.name(raw['name'], [...root, 'name'], 'value', false);
  reading.name(name, root, 'key', false);
  if (raw['name'] !== undefined && raw['name'] !== name)
    reading.problems.add(
      [...root, 'name'],
      `name is ${shown(raw['name'])}; allowed: ${JSON.stringify(name)}, the key of the workflow`,
      {
        hint: 'leave name out',
      },
    );
}

type Parts = Pick<WorkflowPlan, 'params' | 'schedules' | 'jobs' | 'root' | 'source'>;

function planOf(given: ShapedWorkflow, parts: Parts): WorkflowPlan {
  const { name, tags, imports, on } = given;
  const { description, extras, resources, executor, timeoutMs } = sharedParts(
    { ...given, timeout: given.timeout ?? DEFAULT_TIMEOUT_S },
    parts.root,
  );
  return {
    name,
    description,
    tags: tags ?? [],
    releases: (Array.isArray(on) ? undefined : on?.release) ?? [],
    extras,
    imports: imports ?? [],
    timeoutMs: timeoutMs ?? WORKFLOW_TIMEOUT_MS,
    raiseOnError: given.raiseOnError ?? extras.stage_raise_error ?? false,
    resources,
    executor,
    ...parts,
  };
}
