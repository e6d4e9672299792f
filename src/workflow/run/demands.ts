/** What the stages of a workflow ask of a scheduler: looked at before anything starts, and again for each stage. */
import type { Work } from '../../executors/executor.ts';
import { type CheckTask, StyleWork } from '../../runtime/index.ts';
import type { LeafStage, StagePlan, TriggerStage, WorkflowPlan } from '../model.ts';
import { insideOf } from './inside.ts';

interface Demands {
  readonly resources: Readonly<Record<string, number>> | undefined;
  readonly executor: string | undefined;
}

const FUNCTION: Work = { kind: 'function', fn: () => undefined };
const COMMAND: Work = { kind: 'command', argv: ['true'], shell: false, cwd: undefined, env: undefined };
const CONTAINER: Work = { kind: 'container', image: 'none' };

/** As of any stage of the kind: enough to tell whether an executor runs it. */
function workOf(stage: LeafStage | TriggerStage): Work {
  switch (stage.kind) {
    case 'bash':
    case 'py':
    case 'virtual-py':
      return COMMAND;
    case 'docker':
      return CONTAINER;
    default:
      return FUNCTION;
  }
}

/** @throws UNKNOWN_RESOURCE, UNSCHEDULABLE_TASK, INVALID_ARGUMENT for what no scheduler like this can run */
export function checkDemands(plan: WorkflowPlan, check: CheckTask): void {
  checkKnown(plan.executor, check);
  for (const job of plan.jobs) {
    checkKnown(job.executor, check);
    checkStages(job.stages, { resources: job.resources ?? plan.resources, executor: undefined }, check);
  }
}

/** An executor that a stage itself names is to run that stage; one from outside is for those that it can run. */
function checkStages(stages: readonly StagePlan[], outer: Demands, check: CheckTask): void {
  for (const stage of stages) {
    const { name, executor } = stage;
    const resources = stage.resources ?? outer.resources;
    if (isNested(stage)) checkKnown(executor, check);
    else if (resources !== undefined || executor !== undefined) {
      const options = {
        name,
        ...(resources === undefined ? {} : { resources }),
        ...(executor === undefined ? {} : { executor }),
      };
      check(new StyleWork(stage.kind, workOf(stage)), options);
    }
    for (const inner of insideOf(stage)) checkStages(inner, { resources, executor }, check);
  }
}

function isNested(stage: StagePlan): stage is Exclude<StagePlan, LeafStage | TriggerStage> {
  return 'parallel foreach until case'.split(' ').includes(stage.kind);
}

/** @throws INVALID_ARGUMENT for an executor that runs nothing of what stages do */
function checkKnown(executor: string | undefined, check: CheckTask): void {
  if (executor === undefined) return;
  const problems = [CONTAINER, COMMAND, FUNCTION].map((work) => {
    try {
      check(new StyleWork('check', work), { executor });
      return undefined;
    } catch (error) {
      return error;
    }
  });
  if (problems.every((problem) => problem !== undefined)) throw problems.at(-1);
}
