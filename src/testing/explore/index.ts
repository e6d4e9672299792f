export type { Counterexample } from './counterexample.ts';
export { type ExploreCounts, type ExploreOptions, type ExploreResult, explore } from './explore.ts';
export type { Violation } from './judge.ts';
export type {
  BodyStep,
  EnvironmentEvent,
  ExplorePlan,
  PlannedGroup,
  PlannedRun,
  PlannedStage,
  PlannedTask,
  PlannedThread,
  PlannedWay,
  RunEnding,
  TaskEnding,
  ThreadStep,
} from './plan.ts';
export { type ReplayOptions, replay } from './replay.ts';
export type { Sabotage } from './world.ts';
