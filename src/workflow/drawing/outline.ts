/**
 * What a picture of a plan shows, in words: jobs in the order of the file, their stages, and short facts about both.
 * Tree, SVG, Mermaid and JSON are all drawn of this. Pure; texts stand as they were written and are made safe by
 * whoever draws them.
 */
import type {
  JobPlan,
  RetryPlan,
  StageKind,
  StagePlan,
  StrategyPlan,
  TriggerRule,
  WorkflowPlan,
} from '../model.ts';
import { combinations, isFilled } from '../strategy.ts';

export interface Outline {
  readonly name: string;
  readonly description: string;
  readonly jobs: readonly JobOutline[];
  /** Of all jobs, nested ones included. */
  readonly stageCount: number;
}

export interface JobOutline {
  readonly id: string;
  readonly needs: readonly string[];
  readonly rule: TriggerRule;
  readonly isFinally: boolean;
  readonly depth: number;
  /** Combinations of its matrix; undefined for a job without one. */
  readonly combinations: number | undefined;
  /** Condition, matrix, retry, resources, time limit: what is worth saying beside its name. */
  readonly facts: readonly string[];
  readonly stages: readonly StageOutline[];
}

export interface StageOutline {
  /** `branch`: one of several lists of stages inside a stage. */
  readonly kind: StageKind | 'branch';
  /** As written; undefined for a stage without one, and for a branch. */
  readonly id: string | undefined;
  readonly label: string;
  /** What it does, in a few words: the first line of its code, its image, its items. May be empty. */
  readonly detail: string;
  readonly facts: readonly string[];
  readonly inside: readonly StageOutline[];
}

/** Sign of a kind where there are only letters, one or two of them. */
export const MARKS: Readonly<Record<StageOutline['kind'], string>> = {
  empty: '.',
  bash: '$',
  py: 'py',
  js: 'js',
  'virtual-py': 'vp',
  call: 'fn',
  trigger: '>>',
  docker: '[]',
  raise: '!',
  parallel: '=',
  foreach: '*',
  until: '@',
  case: '?',
  branch: '-',
};

export function outlineOf({ name, description, jobs }: WorkflowPlan): Outline {
  const outlines = jobs.map(jobOutline);
  const stageCount = outlines.reduce((sum, job) => sum + countOf(job.stages), 0);
  return { name, description, jobs: outlines, stageCount };
}

/** Stages of these and inside these; branches are none. */
export function countOf(stages: readonly StageOutline[]): number {
  return stages.reduce((sum, { kind, inside }) => sum + (kind === 'branch' ? 0 : 1) + countOf(inside), 0);
}

function jobOutline(job: JobPlan): JobOutline {
  const { id, needs, rule, isFinally, depth, strategy, retry } = job;
  const number = hasMatrix(strategy) ? combinationCount(strategy) : undefined;
  return {
    id,
    needs,
    rule,
    isFinally,
    depth,
    combinations: number,
    facts: [...conditionFact(job), ...matrixFacts(strategy), ...retryFacts(retry), ...limitFacts(job)],
    stages: job.stages.map(stageOutline),
  };
}

const hasMatrix = ({ matrix, include }: StrategyPlan): boolean =>
  Object.keys(matrix).length > 0 || include.length > 0;

/** Counted without making them where that is possible: there may be thousands. Undefined where only the run will know. */
function combinationCount(strategy: StrategyPlan): number | undefined {
  if (!isFilled(strategy)) return undefined;
  const { matrix, include, exclude } = strategy;
  if (include.length + exclude.length > 0) return combinations(strategy).length;
  const sizes = Object.values(matrix).map((values) => new Set(values.map((one) => JSON.stringify(one))).size);
  return Math.max(
    1,
    sizes.reduce((product, size) => product * size, 1),
  );
}

function matrixFacts({ matrix }: StrategyPlan): readonly string[] {
  const axes = Object.keys(matrix);
  return axes.length === 0 ? [] : [`matrix ${axes.join(' x ')}`];
}

function conditionFact({ condition }: Pick<StagePlan, 'condition'>): readonly string[] {
  return condition === null ? [] : [`if ${oneLine(String(condition))}`];
}

function retryFacts(retry: RetryPlan | undefined): readonly string[] {
  if (retry === undefined || retry.retries === 0) return [];
  return [`${retry.retries} ${retry.retries === 1 ? 'retry' : 'retries'}`];
}

function limitFacts({
  resources = {},
  executor,
  timeoutMs,
}: Pick<StagePlan, 'resources' | 'executor' | 'timeoutMs'>): readonly string[] {
  const amounts = Object.entries(resources).map(([label, amount]) => `${label} ${amount}`);
  return [
    ...(amounts.length === 0 ? [] : [amounts.join(', ')]),
    ...(executor === undefined ? [] : [`on ${executor}`]),
    ...(timeoutMs === undefined ? [] : [`within ${timeoutMs / 1000}s`]),
  ];
}

function stageOutline(stage: StagePlan): StageOutline {
  const retry = 'retry' in stage ? stage.retry : undefined;
  return {
    kind: stage.kind,
    id: stage.id,
    label: stage.name,
    detail: oneLine(detailOf(stage)),
    facts: [...conditionFact(stage), ...retryFacts(retry), ...limitFacts(stage)],
    inside: insideOf(stage),
  };
}

function insideOf(stage: StagePlan): readonly StageOutline[] {
  switch (stage.kind) {
    case 'parallel':
      return Object.entries(stage.branches).map(([name, stages]) => branch(name, stages));
    case 'case':
      return stage.match.map(({ value, stages }) =>
        branch(value === undefined ? 'else' : `is ${JSON.stringify(value)}`, stages),
      );
    case 'foreach':
    case 'until':
      return stage.stages.map(stageOutline);
    default:
      return [];
  }
}

function branch(label: string, stages: readonly StagePlan[]): StageOutline {
  const inside = stages.map(stageOutline);
  return { kind: 'branch', id: undefined, label, detail: '', facts: [], inside };
}

function detailOf(stage: StagePlan): string {
  switch (stage.kind) {
    case 'empty':
      return stage.echo ?? (stage.sleep === 0 ? '' : `sleep ${stage.sleep}`);
    case 'bash':
      return firstLine(stage.bash);
    case 'py':
    case 'js':
    case 'virtual-py':
      return firstLine(stage.code);
    case 'call':
      return stage.uses;
    case 'trigger':
      return stage.trigger;
    case 'docker':
      return `${stage.image}:${stage.tag}`;
    case 'raise':
      return textOf(stage.message);
    case 'parallel':
      return `${count(Object.keys(stage.branches).length, 'branch', 'branches')}, ${stage.maxWorkers} at once`;
    case 'foreach':
      return `${itemsOf(stage.foreach)}, ${stage.concurrent} at once`;
    case 'until':
      return `${textOf(stage.until)}, at most ${stage.maxLoop} times`;
    case 'case':
      return textOf(stage.case);
    default:
      return stage satisfies never;
  }
}

function itemsOf(items: unknown): string {
  if (Array.isArray(items)) return count(items.length, 'item');
  if (typeof items === 'object' && items !== null) return count(Object.keys(items).length, 'item');
  return `each of ${textOf(items)}`;
}

/** The first line that says something, with a sign that there are more. */
function firstLine(code: string): string {
  const lines = code.split(/\r\n|[\n\r]/).filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  const [first = ''] = lines;
  return lines.length > 1 ? `${first.trim()} ...` : first.trim();
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));

/** Long values are cut here already, so that nobody measures a megabyte of text. */
const LONGEST_CHARS = 500;

const oneLine = (text: string): string => text.slice(0, LONGEST_CHARS).replace(/\s+/g, ' ').trim();

export function count(number: number, word: string, words = `${word}s`): string {
  return `${number} ${number === 1 ? word : words}`;
}
