/**
 * What the compiler must accept and refuse. Nothing here runs: `tsc -p tsconfig.json` is the test, and an
 * expectation that does not hold is a compile error.
 */
import {
  ALL_COMPLETED,
  type Controls,
  definePipeline,
  defineTask,
  FIRST_EXCEPTION,
  type Outcome,
  Pipeline,
  type PipelineHandle,
  type ProcessResult,
  type Scheduler,
  type TaskContext,
  type TaskHandle,
} from '../../src/index.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only when the two types are the same. */
export function same<A, B>(_equal: Same<A, B>): void {}

declare const controls: Controls;
declare const scheduler: Scheduler;

const add = (a: number, b: number): number => a + b;
const greet = async (name: string, context: TaskContext): Promise<string> => `${name} ${context.attempt}`;
const later = (a: string, b?: number): string => `${a}${b}`;

/** Arguments must fit the function; the context comes by itself. */
export function argumentsFit(): void {
  same<ReturnType<typeof sum>, TaskHandle<number>>(true);
  function sum() {
    return controls.task(add, { args: [1, 2] }).run();
  }
  controls.task(greet, { args: ['Ada'] }).run();
  controls.task(() => 1).run();
  controls.task((context) => context.signal.aborted).run();
  controls.task((n: number, context) => context.attempt + n, { args: [1], name: 'inferred' }).run();
  controls.task(later, { args: ['a', 1] }).run();

  // @ts-expect-error an argument of the wrong type
  controls.task(add, { args: [1, '2'] });
  // @ts-expect-error an argument is missing
  controls.task(add, { args: [1] });
  // @ts-expect-error no arguments at all
  controls.task(add);
  // @ts-expect-error no arguments, though there are options
  controls.task(add, { name: 'sum' });
  // @ts-expect-error the context is not given by the caller
  controls.task(greet, { args: ['Ada', {}] });
  // @ts-expect-error a result is no task
  controls.task(add(1, 2));
  // @ts-expect-error an option that does not exist
  controls.task(() => 1, { timeout: 5 });
  // @ts-expect-error durations are numbers
  controls.task(() => 1, { timeoutMs: '5s' });
  // @ts-expect-error maxAttempts is needed
  controls.task(() => 1, { retry: { backoffMs: 5 } });
}

/** Results are inferred, through promises and generators. */
export function resultsAreInferred(): void {
  const text = controls.task(greet, { args: ['Ada'] }).run();
  same<typeof text, TaskHandle<string>>(true);
  same<ReturnType<typeof text.result>, Promise<string>>(true);
  same<ReturnType<typeof text.outcome>, Promise<Outcome<string>>>(true);
  const none = controls.task(() => {}).run();
  same<typeof none, TaskHandle<void>>(true);
  const generated = controls
    .task(function* body(): Generator<Promise<number>, string, number> {
      return String(yield Promise.resolve(1));
    })
    .run();
  same<typeof generated, TaskHandle<string>>(true);
  const command = controls.task(['ls', '-l']).run();
  same<typeof command, TaskHandle<ProcessResult>>(true);
  controls.task({ shell: 'ls | wc' }).run();
  // @ts-expect-error an argv begins with the command
  controls.task([]);
  // @ts-expect-error an argv is made of strings
  controls.task(['sleep', 5]);
}

/** A definition carries its types; a closure cannot go where definitions go. */
export function definitions(): void {
  const square = defineTask<[number], number>({ name: 'square', module: 'file:///t.js', export: 'square' });
  const handle = controls.task(square, { args: [2] }).run();
  same<typeof handle, TaskHandle<number>>(true);
  controls.task(square, { args: [2], executor: 'thread' }).run();
  // @ts-expect-error an argument of the wrong type
  controls.task(square, { args: ['2'] });
  // @ts-expect-error no arguments at all
  controls.task(square);
  // @ts-expect-error a closure cannot leave this thread
  controls.task(() => 1, { executor: 'thread' });
  // @ts-expect-error nor this process
  controls.task(add, { args: [1, 2], executor: 'process' });
  controls.task(add, { args: [1, 2], executor: 'own' }).run();
}

/** Waits give back the handles they were given, with their types. */
export async function waits(): Promise<void> {
  const one = controls.task(() => 1).run();
  const two = controls.task(() => 'two').run();
  const { done, pending } = await controls.wait([one, two], { returnWhen: ALL_COMPLETED, timeoutMs: 5 });
  same<typeof done, Set<TaskHandle<number> | TaskHandle<string>>>(true);
  same<typeof pending, Set<TaskHandle<number> | TaskHandle<string>>>(true);
  const options = { returnWhen: FIRST_EXCEPTION };
  await controls.wait(new Set([one]), options);
  // @ts-expect-error no such mode
  await controls.wait([one], { returnWhen: 'any' });
  // @ts-expect-error a run is no task
  await controls.wait([scheduler.runPipeline(() => 1)]);
  // @ts-expect-error a task is no run
  await scheduler.waitPipelines([one]);
}

class Example extends Pipeline<number> {
  readonly early = this.task(add, { args: [1, 2] });
  async run(): Promise<number> {
    const a = this.task(add, { args: [1, 2] }).run();
    // @ts-expect-error the same checks as everywhere
    this.task(add, { args: ['1', 2] });
    await this.wait([a]);
    this.stageForward('combine');
    return (await a.result()) + (await this.early.run().result());
  }
}

/** Every way to write a pipeline gives a handle of its result. */
export function pipelines(): void {
  const ofClass = scheduler.runPipeline(new Example());
  same<typeof ofClass, PipelineHandle<number>>(true);
  const ofFunction = scheduler.runPipeline(async (pipeline) => pipeline.runId);
  same<typeof ofFunction, PipelineHandle<string>>(true);
  const defined = definePipeline('named', async () => ({ rows: 3 }), { version: '2' });
  const ofDefined = scheduler.runPipeline(defined, { priority: 1, after: [ofClass, ofFunction] });
  same<typeof ofDefined, PipelineHandle<{ rows: number }>>(true);
  // @ts-expect-error a class is not an instance
  scheduler.runPipeline(Example);
  // @ts-expect-error a number is no pipeline
  scheduler.runPipeline(5);
  // @ts-expect-error after takes runs
  scheduler.runPipeline(() => 1, { after: [controls.task(() => 1).run()] });
  // @ts-expect-error no such policy
  scheduler.runPipeline(() => 1, { children: 'stop' });
}

/** A pipeline must have a body. */
// @ts-expect-error run() is missing
export class Bodiless extends Pipeline<number> {}
