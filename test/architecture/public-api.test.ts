/** The names the package exports. A change here is a change of contract: make it on purpose, in the changelog. */
import { describe, expect, it } from 'vitest';
import * as machines from '../../machines/index.ts';
import * as ai from '../../src/ai/index.ts';
import * as docker from '../../src/executors/docker/index.ts';
import * as signalbox from '../../src/index.ts';
import * as sqlite from '../../src/stores/sqlite/index.ts';
import * as testing from '../../src/testing/index.ts';
import * as workflow from '../../src/workflow/index.ts';

describe('the public names of', () => {
  it('signalbox', () => {
    expect(Object.keys(signalbox).sort()).toMatchInlineSnapshot(`
      [
        "ALL_COMPLETED",
        "CancelledError",
        "Controls",
        "FIRST_COMPLETED",
        "FIRST_EXCEPTION",
        "Pipeline",
        "PipelineHandle",
        "Scheduler",
        "SignalboxError",
        "StageError",
        "StageHandle",
        "Task",
        "TaskGraph",
        "TaskHandle",
        "TaskTimeoutError",
        "TerminatedError",
        "TimeoutError",
        "UnknownResourceError",
        "UnschedulableTaskError",
        "WorkflowError",
        "definePipeline",
        "defineTask",
        "memoryStore",
        "threadExecutor",
      ]
    `);
  });
  it('signalbox/machines', () => {
    expect(Object.keys(machines).sort()).toMatchInlineSnapshot(`
      [
        "LIFECYCLE",
        "STATES",
        "invariants",
        "isFinal",
        "isLegalMove",
        "pipelineMachine",
        "stageMachine",
        "supervisorMachine",
        "taskMachine",
      ]
    `);
  });
  it('signalbox/ai', () => {
    expect(Object.keys(ai).sort()).toMatchInlineSnapshot(`
      [
        "languageModelHandlers",
      ]
    `);
  });
  it('signalbox/executors/docker', () => {
    expect(Object.keys(docker).sort()).toMatchInlineSnapshot(`
      [
        "dockerExecutor",
      ]
    `);
  });
  it('signalbox/workflow', () => {
    expect(Object.keys(workflow).sort()).toMatchInlineSnapshot(`
      [
        "Registry",
        "Workflow",
        "loadWorkflow",
        "parseWorkflow",
        "register",
        "registerFilter",
        "workflowJsonSchema",
      ]
    `);
  });
  it('signalbox/stores/sqlite', () => {
    expect(Object.keys(sqlite).sort()).toMatchInlineSnapshot(`
      [
        "sqliteStore",
      ]
    `);
  });
  it('signalbox/testing', () => {
    expect(Object.keys(testing).sort()).toMatchInlineSnapshot(`
      [
        "VirtualClock",
        "executorContract",
        "explore",
        "planModel",
        "replay",
        "storeContract",
      ]
    `);
  });
});
