/** Containers on a Docker engine: the public names, one by one. */
export type { ContainerResult } from './container-result.ts';
export { type DockerExecutorOptions, dockerExecutor } from './docker-executor.ts';
export type { DockerConnection } from './engine.ts';
export type { PullPolicy } from './pull.ts';
