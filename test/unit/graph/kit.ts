/** What the tests of graphs share: tasks that end in known ways, and what happened in which order. */
import { afterEach, expect } from 'vitest';
import { Scheduler, type SchedulerOptions, Task, type TaskGraph } from '../../../src/index.ts';
import { Gate } from '../runtime/kit.ts';

export const good = (title: string, value: unknown = title): Task => Task.call(() => value, { title });

export const bad = (title: string, error: unknown = new Error(`${title} failed`)): Task =>
  Task.call(
    () => {
      throw error;
    },
    { title },
  );

/** Ends when the gate is opened, or gives up when it is to stop. */
export function gated(title: string): { readonly task: Task; readonly gate: Gate; readonly begun: Gate } {
  const gate = new Gate();
  const begun = new Gate();
  const task = Task.call(
    ({ signal }) => {
      begun.open();
      const stopped = new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
      return Promise.race([gate.promise, stopped]);
    },
    { title },
  );
  return { task, gate, begun };
}

const schedulers: Scheduler[] = [];

/** Closed after the test, whatever became of it. */
export function shared(options: SchedulerOptions = {}): Scheduler {
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const scheduler = new Scheduler({ taskParallelism: 4, logger: quiet, ...options });
  schedulers.push(scheduler);
  return scheduler;
}

afterEach(async () => {
  for (const scheduler of schedulers.splice(0)) await scheduler.close({ mode: 'abort', graceMs: 0 });
});

export const titles = (tasks: Iterable<Task>): string[] => Array.from(tasks, ({ title }) => title);

/** `title state` of every task event, in the order of delivery. */
export function journal(scheduler: Scheduler): string[] {
  const lines: string[] = [];
  scheduler.events$.subscribe((event) => {
    if (/^task:(running|succeeded|failed|cancelled|blocked)$/.test(event.type) && 'name' in event)
      lines.push(`${event.name} ${event.type.slice('task:'.length)}`);
  });
  return lines;
}

export function statuses(graph: TaskGraph): Record<string, string> {
  return Object.fromEntries(Array.from(graph, ({ title, status }) => [title, status]));
}

export function expectBefore(lines: readonly string[], first: string, second: string): void {
  expect(lines).toContain(first);
  expect(lines).toContain(second);
  expect(lines.indexOf(first), `${first} before ${second}`).toBeLessThan(lines.indexOf(second));
}
