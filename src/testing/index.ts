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
  type PlannedRun,
  type PlannedTask,
  type ReplayOptions,
  type RunEnding,
  replay,
  type Sabotage,
  type TaskEnding,
  type Violation,
} from './explore/index.ts';
export { type StoreCase, type StoreSubject, type StoreUnderTest, storeContract } from './store-contract.ts';
export { VirtualClock } from './virtual-clock.ts';
