/** The lists of stages inside a stage. */
import type { StagePlan } from '../model.ts';

export function insideOf(stage: StagePlan): readonly (readonly StagePlan[])[] {
  switch (stage.kind) {
    case 'parallel':
      return Object.values(stage.branches);
    case 'foreach':
    case 'until':
      return [stage.stages];
    case 'case':
      return stage.match.map(({ stages }) => stages);
    default:
      return [];
  }
}
