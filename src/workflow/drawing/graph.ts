/** A plan's graph as plain data, for programs: `signalbox graph FILE --json`. */
import type { WorkflowPlan } from '../model.ts';
import { type JobOutline, outlineOf, type StageOutline } from './outline.ts';

export interface PlanGraph {
  readonly name: string;
  readonly jobs: readonly JobGraph[];
}

export interface JobGraph {
  readonly id: string;
  readonly needs: readonly string[];
  readonly rule: string;
  /** Longest way from a job without needs. */
  readonly depth: number;
  readonly finally: boolean;
  /** Null for a job without a matrix. */
  readonly combinations: number | null;
  readonly facts: readonly string[];
  readonly stages: readonly StageGraph[];
}

export interface StageGraph {
  readonly id: string | null;
  readonly name: string;
  /** The kind of the stage; `branch` for one of several lists of stages inside a stage. */
  readonly kind: string;
  readonly detail: string;
  readonly facts: readonly string[];
  readonly stages: readonly StageGraph[];
}

export function planGraph(plan: WorkflowPlan): PlanGraph {
  const { name, jobs } = outlineOf(plan);
  return { name, jobs: jobs.map(jobGraph) };
}

function jobGraph({ id, needs, rule, depth, isFinally, combinations, facts, stages }: JobOutline): JobGraph {
  return {
    id,
    needs,
    rule,
    depth,
    finally: isFinally,
    combinations: combinations ?? null,
    facts,
    stages: stages.map(stageGraph),
  };
}

function stageGraph({ id, label, kind, detail, facts, inside }: StageOutline): StageGraph {
  return { id: id ?? null, name: label, kind, detail, facts, stages: inside.map(stageGraph) };
}
