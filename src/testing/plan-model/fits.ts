/** Which stages ask for more than there is. */
import type { JobPlan, StagePlan, WorkflowPlan } from '../../workflow/model.ts';
import type { PlanFinding } from './findings.ts';

export type Amounts = Readonly<Record<string, number>>;

/** Every stage directly inside this one. */
export function stagesIn(stage: StagePlan): readonly StagePlan[] {
  switch (stage.kind) {
    case 'parallel':
      return Object.values(stage.branches).flat();
    case 'foreach':
    case 'until':
      return stage.stages;
    case 'case':
      return stage.match.flatMap(({ stages }) => stages);
    default:
      return [];
  }
}

/** What each stage that does work asks for, and why it never gets it. */
export class Fits {
  readonly #needs = new Map<StagePlan, Amounts>();
  readonly #misfits = new Map<StagePlan, { readonly why: string; readonly job: JobPlan }>();
  readonly #capacities: Amounts;

  constructor(plan: WorkflowPlan, capacities: Amounts) {
    this.#capacities = capacities;
    for (const job of plan.jobs)
      for (const stage of job.stages) this.#visit(stage, job.resources ?? plan.resources ?? {}, job);
  }

  needsOf(stage: StagePlan): Amounts {
    return this.#needs.get(stage) ?? {};
  }

  never(stage: StagePlan): boolean {
    return this.#misfits.has(stage);
  }

  /** One for each of those stages, in the order of the file. `taskOf`: the task that it is in the model. */
  findings(taskOf: (stage: StagePlan) => string | undefined): readonly PlanFinding[] {
    return [...this.#misfits].map(([stage, { why, job }]) => {
      const task = taskOf(stage);
      const own = stage.resources !== undefined;
      const path = own
        ? [...stage.path, 'resources']
        : job.resources === undefined
          ? stage.path
          : [...job.path, 'resources'];
      return {
        kind: 'never-fits',
        message: `the stage '${stage.name}' of the job '${job.id}' can never start: it needs ${why}`,
        hint: `ask for less, or run and check with more: --resources ${this.#flag(stage)}`,
        path,
        ...(task === undefined ? {} : { task }),
      } as const;
    });
  }

  #flag(stage: StagePlan): string {
    const most = { ...this.#capacities };
    for (const [label, amount] of Object.entries(this.needsOf(stage)))
      most[label] = Math.max(amount, most[label] ?? 0);
    return Object.entries(most)
      .map(([label, amount]) => `${label}=${amount}`)
      .join(',');
  }

  #visit(stage: StagePlan, outer: Amounts, job: JobPlan): void {
    const needs = stage.resources ?? outer;
    for (const inside of stagesIn(stage)) this.#visit(inside, needs, job);
    if (['parallel', 'foreach', 'until', 'case'].includes(stage.kind)) return;
    this.#needs.set(stage, needs);
    const misfits = Object.entries(needs).filter(
      ([label, amount]) => amount > (this.#capacities[label] ?? -1),
    );
    if (misfits.length === 0) return;
    this.#misfits.set(stage, {
      why: misfits.map(([label, amount]) => this.#say(label, amount)).join(' and '),
      job,
    });
  }

  #say(label: string, amount: number): string {
    const capacity = this.#capacities[label];
    if (capacity !== undefined) return `${amount} ${label}, and there are ${capacity}`;
    return `${amount} ${label}, and nobody says how much ${label} there is`;
  }
}
