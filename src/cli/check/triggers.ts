/** Workflows that are triggered by name: whether they are there, and whether they come back to where they began. */
import { basename } from 'node:path';
import { stagesIn } from '../../testing/plan-model/fits.ts';
import { hasTemplate } from '../../workflow/expressions/index.ts';
import { loadWorkflow, type Workflow } from '../../workflow/index.ts';
import type { StagePlan, TriggerStage } from '../../workflow/model.ts';
import { findNeighbour } from '../../workflow/neighbours.ts';
import type { Finding } from './findings.ts';

/** Names with templates are known only in a run. */
export async function triggerFindings(
  workflow: Workflow,
  imports: readonly string[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const follower = new Follower(imports);
  for (const stage of triggersOf(workflow)) {
    const found = await follower.follow(workflow, stage, [workflow.name]);
    if (found !== undefined) findings.push({ ...found, path: [...stage.path, 'trigger'], steps: [] });
  }
  return findings;
}

type Found = Pick<Finding, 'kind' | 'message' | 'hint'>;

class Follower {
  readonly #imports: readonly string[];
  /** Names that lead to nothing bad. */
  readonly #good = new Set<string>();

  constructor(imports: readonly string[]) {
    this.#imports = imports;
  }

  async follow(
    from: Workflow,
    { trigger }: TriggerStage,
    way: readonly string[],
  ): Promise<Found | undefined> {
    if (way.includes(trigger)) return cycle(trigger, [...way, trigger]);
    const { folder, file } = from.origin;
    if (folder === undefined || this.#good.has(trigger)) return undefined;
    try {
      const read = (path: string) => loadWorkflow(path, { workflows: folder, imports: this.#imports });
      const next = await findNeighbour(folder, trigger, read);
      for (const stage of triggersOf(next)) {
        const found = await this.follow(next, stage, [...way, trigger]);
        if (found !== undefined) return found;
      }
      this.#good.add(trigger);
      return undefined;
    } catch (error) {
      return missing(basename(file ?? ''), trigger, error);
    }
  }
}

function cycle(name: string, way: readonly string[]): Found {
  return {
    kind: 'trigger-cycle',
    message: `the workflow '${name}' triggers itself: ${way.join(' -> ')}`,
    hint: 'a workflow cannot wait for its own end: such a run fails with TRIGGER_CYCLE',
  };
}

function missing(file: string, name: string, error: unknown): Found {
  const why = error instanceof Error ? error.message : String(error);
  return {
    kind: 'trigger-missing',
    message: `${file} triggers '${name}', which cannot be read: ${why}`,
    hint: 'put it into the folder of this file, or name another folder with --workflows',
  };
}

function triggersOf({ plan }: Workflow): readonly TriggerStage[] {
  return plan.jobs.flatMap(({ stages }) => stages.flatMap(inside));
}

function inside(stage: StagePlan): readonly TriggerStage[] {
  if (stage.kind === 'trigger') return hasTemplate(stage.trigger) ? [] : [stage];
  return stagesIn(stage).flatMap(inside);
}
