/** The published test kit, name by name. */
export {
  type ExecutorCase,
  type ExecutorSubject,
  executorContract,
} from './executor-contract.ts';
export {
  type BodyStep,
  type Counterexample,
  type EnvironmentEvent,
  type ExploreCounts,
  type ExploreOptions,
  type ExplorePlan,
  type ExploreResult,
  explore,
  type PlannedGroup,
  type PlannedRun,
  type PlannedStage,
  type PlannedTask,
  type PlannedThread,
  type PlannedWay,
  type ReplayOptions,
  type RunEnding,
  replay,
  type Sabotage,
  type TaskEnding,
  type ThreadStep,
  type Violation,
} from './explore/index.ts';
export {
  type FindingKind,
  type PlanFinding,
  type PlanModel,
  type PlanModelOptions,
  type PlanNote,
  planModel,
} from './plan-model/index.ts';
export { type StoreCase, type StoreSubject, type StoreUnderTest, storeContract } from './store-contract.ts';
export { VirtualClock } from './virtual-clock.ts';
