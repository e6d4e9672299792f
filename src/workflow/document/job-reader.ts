/** The jobs of a file, each with its stages. How they hang together is in job-graph.ts. */
import { WorkflowError } from '../../core/errors.ts';
import { WORKFLOW_JOBS } from '../../core/limits.ts';
import { didYouMean, listed } from '../expressions/suggestion.ts';
import type { JobPlan, Path, StrategyPlan } from '../model.ts';
import { combinations, filled } from '../strategy.ts';
import { checkJobs } from './job-graph.ts';
import { jobShape, type ShapedJob } from './job-shape.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';
import { readRetry, sharedParts } from './shared-parts.ts';
import { readStages } from './stage-reader.ts';

/** What templates of a job itself may name; its stages see more. */
const JOB_ROOTS = ['params', 'jobs'];
const STAGE_ROOTS = [...JOB_ROOTS, 'matrix', 'stages'];

/** Unknown keys that are compared with all that there are. */
const MOST_HINTS = 50;

type JobWithoutDepth = Omit<JobPlan, 'depth'>;

export function readJobs(raw: unknown, path: Path, reading: Reading): readonly JobPlan[] {
  if (!isRawMap(raw)) return [];
  const entries = Object.entries(raw);
  if (entries.length > WORKFLOW_JOBS) {
    const hint = 'repeat a job with strategy: matrix, or split the workflow';
    reading.problems.add(path, `the file has ${entries.length} jobs; allowed: up to ${WORKFLOW_JOBS}`, {
      part: 'key',
      hint,
    });
    return [];
  }
  const jobs = entries.map(([id, job]) => readJob(id, job, [...path, id], reading));
  const depths = checkJobs(raw, path, reading);
  return jobs.flatMap((job) => (job === undefined ? [] : [{ ...job, depth: depths.get(job.id) ?? 0 }]));
}

function readJob(id: string, raw: unknown, path: Path, reading: Reading): JobWithoutDepth | undefined {
  reading.name(id, path, 'key', false);
  const given = reading.shaped(jobShape, raw, path, 'a job');
  if (!isRawMap(raw)) return undefined;
  if (id === '')
    reading.problems.add(path, 'a job needs an id', { part: 'key', hint: 'write it before the colon' });
  if (raw['id'] !== undefined && raw['id'] !== null && raw['id'] !== id)
    reading.problems.add(
      [...path, 'id'],
      `id is ${JSON.stringify(raw['id'])}; allowed: ${JSON.stringify(id)}, the key of the job`,
      {
        hint: 'leave id out',
      },
    );
  reading.condition(raw['if'], [...path, 'if'], JOB_ROOTS);
  reading.literal(
    raw['extras'],
    [...path, 'extras'],
    'registered functions take rendered values through with:',
  );
  checkStrategy(raw['strategy'], [...path, 'strategy'], reading);
  const stages = readStages(raw['stages'], [...path, 'stages'], STAGE_ROOTS, reading);
  return given === undefined ? undefined : planOf(id, given, path, stages, reading);
}

function planOf(
  id: string,
  given: ShapedJob,
  path: Path,
  stages: JobPlan['stages'],
  reading: Reading,
): JobWithoutDepth {
  return {
    ...sharedParts(given, path),
    id,
    needs: given.needs ?? [],
    rule: given['trigger-rule'] ?? 'all_success',
    strategy: strategyOf(given.strategy, [...path, 'strategy']),
    stages,
    retry: readRetry(given.retry, path, reading),
    isFinally: given.finally ?? false,
  };
}

/** Lists may still be templates: the job fills them in before it works out its combinations. */
function strategyOf(given: ShapedJob['strategy'], path: Path): StrategyPlan {
  return {
    matrix: (given?.matrix ?? {}) as StrategyPlan['matrix'],
    include: (given?.include ?? []) as StrategyPlan['include'],
    exclude: (given?.exclude ?? []) as StrategyPlan['exclude'],
    failFast: given?.['fail-fast'] ?? false,
    maxParallel: given?.['max-parallel'] ?? 1,
    path,
  };
}

function checkStrategy(raw: unknown, path: Path, reading: Reading): void {
  if (!isRawMap(raw)) return;
  for (const key of ['matrix', 'include', 'exclude', 'max-parallel'])
    reading.templates(raw[key], [...path, key], JOB_ROOTS);
  const { matrix = {}, include = [], exclude = [] } = raw;
  if (!isRawMap(matrix)) return;
  checkAxes(matrix, [...path, 'matrix'], reading);
  const keys = Object.keys(matrix).filter((key) => !MISPLACED.includes(key));
  if (keys.length > 0) checkKeys(include, keys, [...path, 'include'], reading);
  checkKeys(exclude, keys, [...path, 'exclude'], reading);
  if (reading.problems.isEmpty) checkCombinations(raw, path, reading);
}

/** Other tools have them inside the matrix. */
const MISPLACED = ['include', 'exclude'];

function checkAxes(matrix: RawMap, path: Path, { problems }: Reading): void {
  for (const [key, values] of Object.entries(matrix)) {
    const at = [...path, key];
    if (MISPLACED.includes(key))
      problems.add(at, `${key} stands beside matrix, not in it`, { part: 'key', hint: 'indent it less' });
    else if (Array.isArray(values) && values.length === 0)
      problems.add(at, `the list ${JSON.stringify(key)} of the matrix is empty`, {
        hint: 'give it a value, or leave it out',
      });
  }
}

function checkKeys(raw: unknown, keys: readonly string[], path: Path, { problems }: Reading): void {
  if (!Array.isArray(raw)) return;
  const known = new Set(keys);
  let told = 0;
  raw.forEach((combination: unknown, i) => {
    if (!isRawMap(combination)) return;
    for (const key of Object.keys(combination))
      if (!known.has(key))
        problems.add(
          [...path, i, key],
          `the matrix has no ${JSON.stringify(key)}; it has ${listed(keys) || 'nothing'}`,
          {
            part: 'key',
            hint: told++ < MOST_HINTS ? didYouMean(key, keys) : undefined,
          },
        );
  });
}

/** Only once all keys are known to fit, and where no list is filled in later. */
function checkCombinations(raw: RawMap, path: Path, reading: Reading): void {
  const { matrix = {}, include = [], exclude = [] } = raw;
  const lists = [include, exclude, ...Object.values(isRawMap(matrix) ? matrix : {})];
  if (lists.some((list) => list !== null && !Array.isArray(list))) return;
  try {
    combinations(filled(strategyOf(raw as ShapedJob['strategy'], path)));
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    const { path: at } = error.details as { readonly path?: Path };
    reading.problems.add(at ?? path, error.message, { hint: error.hint });
  }
}
