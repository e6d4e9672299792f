/** Graphs of Tasks: what the package composes and exports. */
export type { GraphDefinition } from './graph-run.ts';
export type { AddOptions, GraphOptions, GraphRunOptions, Mapped } from './options.ts';
export { TaskGraph } from './task-graph.ts';
export type { WrittenGraph, WrittenNode } from './written-graph.ts';
