/** What the compiler must accept and refuse of Tasks. Nothing here runs; see pipelines.ts. */
import {
  type CallContext,
  type Controls,
  type Handler,
  type Scheduler,
  Task,
  type TaskContext,
  type TaskHandle,
  type TaskResult,
} from '../../src/index.ts';
import { same } from './pipelines.ts';

declare const controls: Controls;
declare const scheduler: Scheduler;

const add = (a: number, b: number): number => a + b;
const greet = async (name: string, context: TaskContext): Promise<string> => `${name} ${context.attempt}`;

/** Data tasks give their TaskResult, calls their value. */
export function whatTasksGive(): void {
  const bash = Task.bash('ls', { timeoutMs: 5, env: { A: 'a' } });
  same<typeof bash, Task<TaskResult>>(true);
  const ofBash = scheduler.runTask(bash);
  same<typeof ofBash, TaskHandle<TaskResult>>(true);
  const sum = Task.call(add, { args: [1, 2], title: 'sum' });
  same<typeof sum, Task<number>>(true);
  const ofSum = scheduler.runTask(sum, { priority: 1 });
  same<typeof ofSum, TaskHandle<number>>(true);
  const inPipeline = controls.task(sum).run();
  same<typeof inPipeline, TaskHandle<number>>(true);
  const either = scheduler.runTask(Math.random() < 2 ? bash : sum);
  same<typeof either, TaskHandle<TaskResult | number>>(true);
  const any: readonly Task[] = [bash, sum, Task.prompt('x', { model: 'm' }), Task.agent('x', { tools: [] })];
  for (const task of any) scheduler.runTask(task);
}

/** Arguments must fit the function; the context comes by itself, whatever it is called. */
export function argumentsOfCalls(): void {
  same<ReturnType<typeof greeting>, Task<string>>(true);
  function greeting() {
    return Task.call(greet, { args: ['Ada'] });
  }
  Task.call(() => 1);
  Task.call((context) => context.upstream.get('id')?.result?.output);
  Task.call((context: TaskContext) => context.attempt);
  Task.call((context: CallContext) => context.attempt);
  Task.call((n: number, context) => context.attempt + n, { args: [1] });
  const generated = Task.call(function* body(): Generator<Promise<number>, string, number> {
    return String(yield Promise.resolve(1));
  });
  same<typeof generated, Task<string>>(true);

  // @ts-expect-error an argument of the wrong type
  Task.call(add, { args: [1, '2'] });
  // @ts-expect-error an argument is missing
  Task.call(add, { args: [1] });
  // @ts-expect-error no arguments at all
  Task.call(add);
  // @ts-expect-error a closure runs inline
  Task.call(() => 1, { executor: 'process' });
}

/** Options belong to kinds. */
export function optionsOfKinds(): void {
  // @ts-expect-error an option that does not exist
  Task.bash('ls', { timeout: 5 });
  // @ts-expect-error a model runs no command
  Task.bash('ls', { model: 'm' });
  // @ts-expect-error a prompt has no tools
  Task.prompt('x', { tools: [] });
  // @ts-expect-error a function has no folder of its own
  Task.call(() => 1, { cwd: '/' });
  // @ts-expect-error a function is no Task
  scheduler.runTask(() => 1);
}

/** What became of a Task is read, not written. */
export function readOnly(task: Task): void {
  task.title = 'editable';
  task.timeoutMs = undefined;
  // @ts-expect-error the run decides
  task.status = 'pending';
  // @ts-expect-error the run decides
  task.result = undefined;
  // @ts-expect-error for good
  task.id = 'x';
}

/** Handlers are functions of their context, or say which command to run. */
export function handlers(): void {
  const http: Handler = async ({ payload, options, signal }) => [payload, options.model, signal.aborted];
  scheduler.registerHandler('http', http);
  scheduler.registerHandler('say', { command: (task) => ({ argv: ['echo', String(task.payload)] }) });
  // @ts-expect-error a command is an object
  scheduler.registerHandler('say', { command: () => 'echo' });
}
