/**
 * `runTask`: a run of its own for one Task, which takes no pipeline slot (rule 2). The task is there at once, so
 * that its handle can be given back, but held back until its run is entered: it is admitted after its run is.
 *
 * The run ends as its task ends. It has no code that could look at the task, so it counts as looked at itself,
 * and its task does not: a failure nobody asks about is logged once, as the task's (rule 11).
 */
import { type Outcome, RUNTIME } from '../../machines/protocol.ts';
import { SignalboxError, show, TerminatedError } from '../core/errors.ts';
import { isTask, Task } from '../task/index.ts';
import type { Controls } from './controls.ts';
import { isSubmittedTooLate } from './dependents.ts';
import type { Desk } from './desk.ts';
import type { Engine } from './engine.ts';
import { keepRun } from './ledger/keep-run.ts';
import { earlierEnd } from './ledger/superseded.ts';
import { endValueOf } from './outcomes.ts';
import type { RunSpec, TaskRow } from './rows.ts';
import type { RunnablePipeline } from './run-options.ts';
import { CLAIM, DEFINITION, ENTER, NAME } from './run-symbols.ts';
import type { Supervisor } from './supervisor.ts';
import type { TaskHandle } from './task-handle.ts';
import type { TaskPlan } from './task-spec.ts';
import { EndWait } from './waits.ts';

const RELEASE = Object.freeze({ type: 'RELEASE', token: RUNTIME } as const);

/** @throws INVALID_TYPE */
export function checkTask(value: unknown): asserts value is Task {
  if (isTask(value)) return;
  throw new SignalboxError('INVALID_TYPE', `a task was ${show(value)}; allowed: a Task`, {
    hint:
      typeof value === 'function'
        ? 'make one of the function: Task.call(fn)'
        : 'make one: Task.bash(...), ...',
  });
}

/** Changes nothing when it throws. @throws what `task().run()` does, and TERMINATED in a run that is stopping */
export function submitTaskRun(
  engine: Engine,
  desk: Desk,
  taskObject: Task,
  plan: TaskPlan,
  where: Pick<RunSpec, 'parent' | 'parentTask'>,
): TaskHandle<unknown> {
  desk.checkTask(plan);
  refuseStopped(where);
  const {
    spec: { name, priority },
  } = plan;
  const { parent } = where;
  const spec = {
    ...where,
    id: engine.ids.next(),
    name,
    priority: priority ?? parent?.priority ?? 0,
    children: 'continue',
    takesSlot: false,
  } as const;
  const { supervisor, ledger, deadlocks, settings } = engine;
  const replay = parent?.ledger?.replay;
  let task: TaskRow | undefined;
  const body = async (): Promise<unknown> => {
    if (task === undefined) throw new Error(`the run ${name} was entered before its task was submitted`);
    const row = task;
    if (ledger !== undefined && replay !== undefined) {
      const session = await ledger.session();
      const now = settings.clock.now();
      endAsBefore(supervisor, row, await earlierEnd(session, replay, name, where.parentTask?.position, now));
    }
    letIn(supervisor, row);
    if (row.visible) return new Promise((resolve) => resolve(endValueOf(row)));
    deadlocks.lookAgain();
    return new Promise((resolve, reject) => {
      new EndWait(row, row.run, () => endValueOf(row), resolve, reject);
    });
  };
  const run = desk.addRun(spec, [], body, undefined, (row) => {
    row.observed = true;
    if (ledger !== undefined) keepRun(ledger, row, recordedAs(taskObject), undefined, []);
  });
  supervisor.reachStage(run, undefined);
  const handle = desk.submitTask(run, plan, undefined, true);
  task = run.tasks[0];
  return handle;
}

/** What a stopping run still submits would be cancelled with it, and a Task can be cancelled once only. */
function refuseStopped({ parent, parentTask }: Pick<RunSpec, 'parent' | 'parentTask'>): void {
  if (parent === undefined || !isSubmittedTooLate(parent, parentTask)) return;
  throw new TerminatedError(
    `the run ${JSON.stringify(parent.name)} is being stopped; it can start nothing new`,
  );
}

/** What an earlier life of the calling run has seen it come to is what it comes to. */
function endAsBefore(supervisor: Supervisor, row: TaskRow, end: Outcome | undefined): void {
  if (end === undefined) return;
  switch (end.kind) {
    case 'succeeded':
      supervisor.sendTask(row, { type: 'SKIP', reason: 'cached', value: end.value, token: RUNTIME });
      break;
    case 'failed':
      supervisor.sendTask(row, { type: 'REFUSE', error: end.error, token: RUNTIME });
      break;
    case 'cancelled':
    case 'blocked':
      supervisor.sendTask(row, { type: 'CANCEL', reason: end.reason ?? 'cancelled' });
      break;
    default:
      end.kind satisfies never;
  }
}

/** From now on the task may be admitted; one that a person holds may be once that is over. */
function letIn(supervisor: Supervisor, row: TaskRow): void {
  row.links = undefined; // it was there for being held only: nothing comes before or after it
  const { path } = row.snapshot.leaf;
  if (path === 'queued.waiting' || path === 'queued.held') supervisor.sendTask(row, RELEASE);
}

/** A run of a Task that is data goes on from the ledger alone. @throws INVALID_ARGUMENT */
export function taskRunOf(definition: unknown): RunnablePipeline {
  return recordedAs(Task.fromJSON(definition));
}

function recordedAs(task: Task): RunnablePipeline {
  const enter = async (controls: Controls): Promise<unknown> =>
    controls
      .task(task as Task<unknown>)
      .run()
      .result();
  return {
    [NAME]: task.title === '' ? task.kind : task.title,
    [CLAIM]: () => () => {},
    [ENTER]: enter,
    [DEFINITION]: () => ({ style: 'task', definition: writtenOrNothing(task), decidesNothing: true }),
  };
}

/** A Task with a function in it can only go on with its code. */
function writtenOrNothing(task: Task): unknown {
  try {
    return task.toJSON();
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'INVALID_ARGUMENT') return undefined;
    throw error;
  }
}
