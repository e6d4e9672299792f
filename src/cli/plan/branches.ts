/** What stands inside a stage of a workflow. */
import type { StagePlan } from '../../workflow/model.ts';

export interface Branch {
  /** Undefined where a stage has only one list of stages. */
  readonly label: string | undefined;
  readonly stages: readonly StagePlan[];
}

export function branchesOf(stage: StagePlan): readonly Branch[] {
  switch (stage.kind) {
    case 'parallel':
      return Object.entries(stage.branches).map(([label, stages]) => ({ label, stages }));
    case 'foreach':
    case 'until':
      return [{ label: undefined, stages: stage.stages }];
    case 'case':
      return stage.match.map(({ value, stages }) => ({
        label: value === undefined ? 'else' : `case ${value}`,
        stages,
      }));
    default:
      return [];
  }
}
