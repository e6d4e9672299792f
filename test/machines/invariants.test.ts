/**
 * Each invariant says what is wrong, and is silent when nothing is. A predicate that never speaks makes every
 * exploration green; these views are made by hand to make it speak.
 */
import { describe, expect, it } from 'vitest';
import {
  invariants,
  type RunView,
  type StageView,
  type StepView,
  type TaskView,
  type View,
} from '../../machines/index.ts';

function task(name: string, change: Partial<TaskView> = {}): TaskView {
  return {
    name,
    run: 0,
    stage: 0,
    state: 'queued',
    phase: 'eligible',
    holding: false,
    abandoned: false,
    queued: true,
    needs: [{ label: 0, units: 1 }],
    key: [0, 0, 1, Number(name.slice(1))],
    attemptsOpen: 0,
    settled: 0,
    suspended: false,
    passed: 0,
    parents: [],
    isFinally: false,
    released: true,
    attempts: 0,
    seen: false,
    reason: undefined,
    ...change,
  };
}

const executing = {
  state: 'running',
  phase: 'executing',
  queued: false,
  holding: true,
  attemptsOpen: 1,
} as const;
const succeeded = { state: 'succeeded', phase: undefined, queued: false, settled: 1, seen: true } as const;
/** Of a task that comes after others. */
const unreleased = { phase: 'waiting', queued: false, released: false } as const;

function run(name: string, change: Partial<RunView> = {}): RunView {
  return {
    name,
    parent: -1,
    state: 'running',
    phase: 'executing',
    holding: true,
    abandoned: false,
    takesSlot: true,
    queued: false,
    priority: 0,
    submission: 1,
    settled: 0,
    seen: false,
    reason: undefined,
    waits: false,
    graceSet: change.phase === 'terminating',
    open: true,
    after: [],
    ...change,
  };
}

const waiting = { state: 'queued', phase: 'eligible', queued: true, holding: false } as const;
const over = {
  state: 'succeeded',
  phase: undefined,
  holding: false,
  settled: 1,
  seen: true,
  open: false,
} as const;

/** A run that executes, one task that runs and one that has no room. */
function view(change: Partial<View> = {}): View {
  const tasks = change.tasks ?? [task('t1', executing), task('t2')];
  const runs = change.runs ?? [run('A')];
  const held = tasks.filter(({ holding }) => holding);
  const inUse = held.flatMap(({ needs }) => needs).reduce((sum, { units }) => sum + units, 0);
  return {
    tasks,
    runs,
    stages: [{ run: 0, index: 0, state: 'running', passed: false }],
    labels: [{ name: 'cpu', capacity: 1, inUse }],
    admitted: held.length,
    slotsInUse: runs.filter(({ holding, takesSlot }) => holding && takesSlot).length,
    abandoned: [...tasks, ...runs].filter(({ abandoned }) => abandoned).length,
    taskParallelism: 2,
    pipelineParallelism: 1,
    bypassLimit: 0,
    paused: false,
    turnDue: false,
    ...change,
  };
}

function step(change: Partial<StepView> = {}): StepView {
  return {
    label: 'a step',
    moves: [],
    unfinished: [],
    refused: [],
    admittedTasks: [],
    admittedRuns: [],
    cut: false,
    turn: false,
    about: undefined,
    again: false,
    ...change,
  };
}

function said(of: View, made?: StepView, before: View = of): string[] {
  return invariants.flatMap(({ id, state, step: check }) => {
    const sentences = [state?.(of), made && check?.(before, made, of)];
    return sentences.flatMap((sentence) => (sentence === undefined ? [] : [`${id}: ${sentence}`]));
  });
}

describe('a sound state', () => {
  it.each<[string, View]>([
    ['running and queued', view()],
    ['paused with room', view({ tasks: [task('t1')], paused: true })],
    ['a turn is due', view({ tasks: [task('t1')], turnDue: true })],
    ['no slot for a run', view({ runs: [run('A'), run('B', waiting)] })],
    ['suspended', view({ tasks: [task('t1', { ...executing, phase: 'suspended', holding: false })] })],
    ['woken', view({ tasks: [task('t1', { suspended: true, attemptsOpen: 1 })], turnDue: true })],
    [
      'told to stop while suspended',
      view({ tasks: [task('t1', { ...executing, phase: 'terminating', holding: false })] }),
    ],
    [
      'abandoned',
      view({ tasks: [task('t1', { ...succeeded, state: 'failed', holding: true, abandoned: true })] }),
    ],
    [
      'no task may be added: all slots taken',
      view({
        tasks: [task('t1', executing), task('t2')],
        taskParallelism: 1,
        labels: [{ name: 'cpu', capacity: 9, inUse: 1 }],
      }),
    ],
  ])('%s: nothing is said', (_, sound) => {
    expect(said(sound, step({ turn: true, cut: true }))).toEqual([]);
  });
});

describe('T: transitions and outcomes', () => {
  const move = { kind: 'task', name: 't1' } as const;
  it.each<[string, StepView, string]>([
    [
      'an illegal move',
      step({ moves: [{ ...move, from: 'queued', to: 'running' }] }),
      'T1: the task t1 went queued -> running',
    ],
    [
      'a move after the end',
      step({ moves: [{ ...move, from: 'failed', to: 'failed' }] }),
      'T1: the task t1 moved although it had failed',
    ],
    [
      'an end that is gone',
      step({ unfinished: [{ name: 't1', state: 'queued' }] }),
      'T1: t1 was final and is queued',
    ],
    [
      'a refusal of its own',
      step({ refused: ['BLOCK to pipeline B'] }),
      'T1: the scheduler sent what was refused: BLOCK to pipeline B',
    ],
  ])('T1 names %s', (_, made, sentence) => {
    expect(said(view(), made)).toEqual([sentence]);
  });

  it('T1 has nothing against a legal move', () => {
    expect(said(view(), step({ moves: [{ ...move, from: 'running', to: 'failed' }] }))).toEqual([]);
    expect(said(view(), step({ moves: [{ ...move, from: 'queued', to: 'queued' }] }))).toEqual([]);
  });

  it.each<[string, View, string]>([
    [
      'an attempt without an outcome',
      view({ tasks: [task('t1', { ...succeeded, attemptsOpen: 1 })] }),
      'T2: the task t1 is succeeded with 1 attempts without an outcome',
    ],
    [
      'a task told twice',
      view({ tasks: [task('t1', { ...succeeded, settled: 2 })] }),
      'T2: the task t1 is succeeded and told its final outcome 2 times',
    ],
    [
      'a run told too early',
      view({ runs: [run('A', { settled: 1 })] }),
      'T2: the pipeline A is running and told its final outcome 1 times',
    ],
  ])('T2 names %s', (_, wrong, sentence) => {
    expect(said(wrong)).toContain(sentence);
  });
});

describe('S: accounts and policy', () => {
  const two = [task('t1', executing), task('t2', executing)];

  it('S1 names a label that an admission overdrew, and none that a shrunk capacity did', () => {
    const overdrawn = view({ tasks: two });
    const admitted = step({ admittedTasks: ['t2'] });
    const sentence = 'S1: 2 units of cpu are held, its capacity is 1';
    expect(said(overdrawn, admitted, view())).toContain(sentence);
    expect(said(overdrawn, admitted, overdrawn)).not.toContain(sentence);
    expect(said(overdrawn, step(), view())).not.toContain(sentence);
  });

  it.each<[string, View, string]>([
    [
      'too many tasks',
      view({ tasks: two, taskParallelism: 1 }),
      'S2: 2 tasks are admitted, taskParallelism is 1',
    ],
    [
      'too many runs',
      view({ runs: [run('A'), run('B')] }),
      'S2: 2 runs are admitted, pipelineParallelism is 1',
    ],
    [
      'a final task that holds',
      view({ tasks: [task('t1', { ...succeeded, holding: true })] }),
      'S5: t1 is succeeded and holds what it took',
    ],
    [
      'a ready run that holds nothing',
      view({ runs: [run('A', { state: 'ready', phase: undefined, holding: false })] }),
      'S5: A is ready and holds nothing',
    ],
    [
      'a queued task that holds',
      view({ tasks: [task('t1', { holding: true })] }),
      'S5: t1 is queued.eligible and holds what it took',
    ],
    [
      'a wrong amount',
      view({ labels: [{ name: 'cpu', capacity: 1, inUse: 3 }] }),
      'S5: 3 units of cpu are in use, its tasks hold 1',
    ],
    ['a wrong count of tasks', view({ admitted: 2 }), 'S5: admitted tasks: the books say 2, the rows 1'],
    ['a wrong count of slots', view({ slotsInUse: 0 }), 'S5: slots: the books say 0, the rows 1'],
    ['a wrong count of abandoned', view({ abandoned: 1 }), 'S5: abandoned: the books say 1, the rows 0'],
    [
      'a task that is forgotten',
      view({ tasks: [task('t2')] }),
      'S6: the task t2 may be admitted and nobody will',
    ],
    [
      'a run that is forgotten',
      view({ runs: [run('A', waiting)] }),
      'S6: the run A may be admitted and nobody will',
    ],
    [
      'a child run that is forgotten',
      view({ runs: [run('A'), run('B', { ...waiting, takesSlot: false })] }),
      'S6: the run B may be admitted and nobody will',
    ],
  ])('names %s', (_, wrong, sentence) => {
    expect(said(wrong)).toContain(sentence);
  });

  const room = [{ name: 'cpu', capacity: 2, inUse: 0 }];
  const wide = task('t1', { needs: [{ label: 0, units: 3 }] });

  it('S3 names who overtook, with the key (-priority, -stage, pipeline, position) in this order', () => {
    const late = [
      task('t9', { key: [-1, 0, 2, 9] }),
      task('t8', { key: [0, -1, 2, 8] }),
      task('t7', { key: [0, 0, 0, 7] }),
    ];
    const queue = view({
      tasks: [task('t1'), task('t2'), ...late],
      labels: [{ name: 'cpu', capacity: 9, inUse: 0 }],
      taskParallelism: 9,
      turnDue: true,
    });
    const order = ['t9', 't8', 't7', 't1', 't2'];
    expect(said(queue, step({ admittedTasks: order }))).toEqual([]);
    expect(said(queue, step({ admittedTasks: ['t9', 't8', 't1'] }))).toEqual([
      'S3: t1 was admitted, t7 was to be',
    ]);
  });

  it('S3 names who passed one that has no room', () => {
    const queue = view({ tasks: [wide, task('t2')], labels: room });
    expect(said(queue, step({ admittedTasks: ['t2'] }))).toEqual(['S3: t2 was admitted, nobody was to be']);
  });

  it('S4 lets so many pass as the limit says, and names the next one', () => {
    const queue = view({
      tasks: [wide, task('t2'), task('t3')],
      labels: room,
      bypassLimit: 1,
      turnDue: true,
    });
    expect(said(queue, step({ admittedTasks: ['t2'] }))).toEqual([]);
    expect(said(queue, step({ admittedTasks: ['t3'] }))).toEqual(['S4: t3 was admitted, t2 was to be']);
    expect(said(queue, step({ admittedTasks: ['t2', 't3'] }))).toEqual([
      'S4: t3 was admitted, nobody was to be',
    ]);
  });

  it('S4 counts what passed before, and a need of no known label never fits', () => {
    const queue = view({ tasks: [{ ...wide, passed: 1 }, task('t2')], labels: room, bypassLimit: 1 });
    expect(said(queue)).toEqual([]);
    const strange = view({ tasks: [task('t1', { needs: [{ label: 5, units: 1 }] })], labels: room });
    expect(said(strange)).toEqual([]);
    const drawn = view({
      tasks: [task('t1', { ...executing, needs: [{ label: 1, units: 1 }] })],
      labels: room,
    });
    expect(said(drawn)).toEqual([]);
  });

  it('S3 names a run that got its slot out of turn; children have no turn', () => {
    const queue = view({
      runs: [
        run('A', { ...waiting, submission: 2 }),
        run('B', { ...waiting, submission: 1 }),
        run('C', { ...waiting, priority: 1, submission: 3 }),
        run('D', { ...waiting, takesSlot: false }),
      ],
      turnDue: true,
    });
    expect(said(queue, step({ admittedRuns: ['D', 'C', 'B', 'A'] }))).toEqual([]);
    expect(said(queue, step({ admittedRuns: ['C', 'A'] }))).toEqual([
      'S3: the run A was admitted out of turn',
    ]);
  });

  it('S6 looks at the end of a turn that was not cut, even when another one is due', () => {
    const forgotten = view({ tasks: [task('t2')], turnDue: true });
    expect(said(forgotten, step({ turn: true }))).toEqual([
      'S6: the task t2 may be admitted and nobody will',
    ]);
    expect(said(forgotten, step({ turn: true, cut: true }))).toEqual([]);
  });
});

describe('P1, P2, L1: tasks after tasks', () => {
  const t0 = task('t0', { ...succeeded, attempts: 1 });
  const failed = task('t0', { ...succeeded, state: 'failed', attempts: 1 });
  const unseen = task('t0', { ...succeeded, seen: false });
  const blocked = { ...unreleased, ...succeeded, state: 'blocked', reason: 't0' } as const;
  const next = (change: Partial<TaskView> = {}) => task('t1', { parents: ['t0'], ...change });
  const last = (change: Partial<TaskView> = {}) => next({ isFinally: true, ...change });
  const of = (...tasks: TaskView[]) => view({ tasks, turnDue: true });

  it.each<[string, View]>([
    ['that waits for what goes on', of(task('t0', executing), next(unreleased))],
    ['that waits for an end that was not seen', of(unseen, next(unreleased))],
    ['that is blocked', of(failed, next(blocked))],
    ['that was cancelled before', of(failed, next({ ...blocked, state: 'cancelled', reason: 'cancelled' }))],
    ['that runs after a good end', of(t0, next({ ...executing, attempts: 1 }))],
    ['of the finally kind after a bad end', of(failed, last())],
    ['of the finally kind that waits', of(task('t0', executing), last(unreleased))],
    ['of the finally kind that waits for an end that was not seen', of(unseen, last(unreleased))],
  ])('nothing is said of a task %s', (_, sound) => {
    expect(said(sound, step())).toEqual([]);
  });

  it.each<[string, View, string]>([
    [
      'P1, a task that waits on after a bad end',
      of(failed, next(unreleased)),
      'P1: the task t1 is queued although t0 is failed',
    ],
    [
      'P1, a block that names nobody',
      of(failed, next({ ...blocked, reason: 't9' })),
      'P1: the task t1 is blocked by t9',
    ],
    ['P1, a block that names a good end', of(t0, next(blocked)), 'P1: the task t1 is blocked by t0'],
    ['P1, a block without parents', of(task('t1', blocked)), 'P1: the task t1 is blocked by t0'],
    [
      'P1, a block after a start',
      of(failed, next({ ...blocked, attempts: 1 })),
      'P1: the task t1 is blocked after 1 attempts',
    ],
    [
      'P1, a release before the end',
      of(task('t0', executing), next()),
      'P1: the task t1 is queued before what it comes after succeeded',
    ],
    [
      'P1, a start after a bad end',
      of(failed, next({ ...succeeded, attempts: 1 })),
      'P1: the task t1 is succeeded before what it comes after succeeded',
    ],
    [
      'P1, a release that is forgotten',
      of(t0, next(unreleased)),
      'P1: the task t1 waits although everything that it comes after succeeded',
    ],
    [
      'P2, a finally task that is blocked',
      of(failed, last(blocked)),
      'P2: the finally task t1 is blocked by t0',
    ],
    [
      'P2, a finally task that starts early',
      of(task('t0', executing), last()),
      'P2: the finally task t1 is queued while t0 is active',
    ],
    [
      'P2, a finally task that is forgotten',
      of(failed, last(unreleased)),
      'P2: the finally task t1 waits although everything that it comes after is over',
    ],
    [
      'L1, a release before the end is seen',
      of(unseen, next()),
      'L1: the task t1 is queued before the end of t0 was seen',
    ],
    [
      'L1, a finally task released before the end is seen',
      of(unseen, last()),
      'L1: the task t1 is queued before the end of t0 was seen',
    ],
    [
      'L1, a block before the end is seen',
      of({ ...failed, seen: false }, next(blocked)),
      'L1: the task t1 is blocked before the end of t0 was seen',
    ],
  ])('%s is named', (_, wrong, sentence) => {
    expect(said(wrong)).toEqual([sentence]);
  });

  it('L1 names a run that is let in before the end of what it comes after was seen', () => {
    const upstream = run('A', { ...over, seen: false });
    const nextRun = run('B', { ...waiting, after: ['A'] });
    const blockedRun = run('B', { ...over, after: ['A'], state: 'blocked', reason: 'A' });
    const runs = (...all: RunView[]) => view({ runs: all, tasks: [], stages: [], turnDue: true });
    expect(said(runs(upstream, nextRun))).toEqual(['L1: the run B is queued before the end of A was seen']);
    expect(said(runs({ ...upstream, state: 'failed' }, blockedRun))).toEqual([
      'L1: the run B is blocked before the end of A was seen',
    ]);
    expect(said(runs(upstream, { ...nextRun, phase: 'waiting', queued: false }))).toEqual([]);
    expect(said(runs({ ...upstream, seen: true }, nextRun))).toEqual([]);
  });

  it('P2 names a grace that does not wait for finally tasks, and one that waits for nothing', () => {
    const stopping = run('A', { phase: 'terminating' });
    const open = last(unreleased);
    expect(
      said(view({ runs: [stopping], tasks: [task('t0', { ...executing, phase: 'terminating' }), open] })),
    ).toEqual(['P2: the grace of the run A goes on with 1 open finally tasks']);
    expect(said(view({ runs: [{ ...stopping, graceSet: false }], tasks: [], stages: [] }))).toEqual([
      'P2: the grace of the run A has stopped with 0 open finally tasks',
    ]);
  });

  it('P2 names a run that was to wait and ended before its finally tasks', () => {
    const ended = run('A', { ...over, state: 'cancelled', reason: 'terminated', open: true });
    const tasks = [task('t0', executing), last(unreleased)];
    const sentence = 'P2: the run A is cancelled before 1 of its finally tasks';
    expect(said(view({ runs: [{ ...ended, waits: true }], tasks }))).toEqual([sentence]);
    expect(said(view({ runs: [{ ...ended, abandoned: true, holding: true }], tasks }))).toEqual([sentence]);
    expect(said(view({ runs: [ended], tasks }))).toEqual([]);
  });

  describe('a finally task that stops', () => {
    const before = of(t0, last(executing));
    const stopping = of(t0, last({ ...executing, phase: 'terminating' }));
    const cancelled = of(t0, last({ ...succeeded, state: 'cancelled' }));
    const spared = 'P2: the finally task t1 was stopped by: terminate A';
    const first = step({ label: 'terminate A', about: 'A' });

    it('is named by P2, with what stopped it', () => {
      expect(said(stopping, first, before)).toEqual([spared]);
      expect(said(cancelled, first, before)).toEqual([spared]);
      expect(said(stopping, { ...first, about: 'B', again: true }, before)).toEqual([spared]);
    });

    it('may do so for itself, and for a second request', () => {
      expect(said(cancelled, step({ about: 't1' }), before)).toEqual([]);
      expect(said(stopping, { ...first, again: true }, before)).toEqual([]);
      expect(said(cancelled, first, stopping)).toEqual([]);
      expect(said(cancelled, first, cancelled)).toEqual([]);
    });

    it('must do so for a second request (R1), also in a child run', () => {
      const child = { runs: [run('A'), run('B', { parent: 0, takesSlot: false })] };
      const below = view({ ...child, tasks: [t0, last({ ...executing, run: 1 })], turnDue: true });
      const again = { ...first, again: true };
      const sentence = 'R1: the finally task t1 is running although the run A was terminated twice';
      expect(said(before, again)).toEqual([sentence]);
      expect(said(below, again)).toEqual([sentence]);
      expect(said(below, { ...again, about: 'C' })).toEqual([]);
    });
  });
});

describe('P and R: dependents, terminations, ends', () => {
  const bad = run('A', { ...over, state: 'failed' });
  const after = { after: ['A'], open: true, holding: false } as const;
  const running = { ...after, holding: true } as const;

  it.each<[string, RunView[], string]>([
    [
      'a run that waits on although its upstream failed',
      [bad, run('B', { ...after, state: 'queued', phase: 'waiting' })],
      'P1: the run B is queued although A is failed',
    ],
    [
      'a block that names nobody',
      [run('A'), run('B', { ...over, ...after, state: 'blocked', open: false, reason: 'Z' })],
      'P1: the run B is blocked by Z',
    ],
    [
      'a start before the upstream ended',
      [run('A'), run('B', running)],
      'P1: the run B is running before what it comes after succeeded',
    ],
    [
      'a start before the upstream was there',
      [run('B', running)],
      'P1: the run B is running before what it comes after succeeded',
    ],
    [
      'a ready run before its time',
      [run('A'), run('B', { ...running, state: 'ready' })],
      'P1: the run B is ready before what it comes after succeeded',
    ],
    [
      'an end before its time',
      [run('A'), run('B', { ...over, after: ['A'] })],
      'P1: the run B is succeeded before what it comes after succeeded',
    ],
  ])('P1 names %s', (_, runs, sentence) => {
    expect(said(view({ runs, tasks: [], stages: [], pipelineParallelism: 2 }))).toEqual([sentence]);
  });

  it('P1 is content with runs that wait, are blocked, cancelled, or go on after a good end', () => {
    const runs = [
      bad,
      run('B', { ...over, after: ['A'], state: 'blocked', reason: 'A' }),
      run('C', { ...over, after: ['A'], state: 'cancelled' }),
    ];
    expect(said(view({ runs, tasks: [], stages: [] }))).toEqual([]);
    const good = [
      run('A', over),
      run('B', running),
      run('C', { ...after, after: ['B'], state: 'queued', phase: 'waiting' }),
    ];
    expect(said(view({ runs: good, tasks: [], stages: [] }))).toEqual([]);
  });

  const stopped = run('A', { phase: 'terminating' });
  const ended = run('A', { ...over, state: 'cancelled', reason: 'terminated', open: true });
  const held = task('t1', { phase: 'held', queued: false });

  it.each<[string, View, string]>([
    [
      'a task of a terminating run',
      view({ runs: [stopped], tasks: [held] }),
      'R1: the task t1 is queued although the run A was terminated',
    ],
    [
      'a ready task of a terminated run',
      view({
        runs: [ended],
        tasks: [task('t1', { ...executing, state: 'ready', phase: undefined, attemptsOpen: 0 })],
      }),
      'R1: the task t1 is ready although the run A was terminated',
    ],
    [
      'a task of a grandchild',
      view({ runs: [stopped, run('B', { parent: 0, takesSlot: false })], tasks: [{ ...held, run: 1 }] }),
      'R1: the task t1 is queued although the run A was terminated',
    ],
    [
      'a child run',
      view({
        runs: [
          stopped,
          run('B', { parent: 0, takesSlot: false, ...waiting, phase: 'waiting', queued: false }),
        ],
        tasks: [],
      }),
      'R1: the run B is queued although the run A was terminated',
    ],
    [
      'a ready child run',
      view({
        runs: [stopped, run('B', { parent: 0, takesSlot: false, state: 'ready', phase: undefined })],
        tasks: [],
      }),
      'R1: the run B is ready although the run A was terminated',
    ],
  ])('R1 names %s', (_, wrong, sentence) => {
    expect(said(wrong)).toEqual([sentence]);
  });

  it('R1 leaves finally tasks alone: they run after all else (P2)', () => {
    const spared = { ...held, isFinally: true, phase: 'eligible', queued: true };
    const runs = [{ ...stopped, graceSet: false }];
    expect(said(view({ runs, tasks: [spared], turnDue: true }))).toEqual([]);
  });

  it('R1 leaves alone what was cancelled for another reason, or runs on', () => {
    expect(said(view({ runs: [{ ...ended, reason: 'cancelled' }], tasks: [held] }))).toEqual([]);
    expect(
      said(view({ runs: [stopped], tasks: [task('t1', { ...executing, phase: 'terminating' })] })),
    ).toEqual([]);
  });

  it.each<[string, View, string]>([
    [
      'a queued task that is not in the queue',
      view({ tasks: [task('t1', executing), task('t2', { queued: false })] }),
      'R4: t2 is queued.eligible and not in the queue',
    ],
    [
      'a final run in the queue',
      view({ runs: [run('A', { ...over, queued: true })], tasks: [], stages: [] }),
      'R4: A is succeeded and in the queue',
    ],
    [
      'a run that is over and open',
      view({ runs: [run('A', { ...over, open: true })], tasks: [], stages: [] }),
      'R11: the run A is over and not closed',
    ],
    [
      'a run closed before its tasks',
      view({ runs: [run('A', over)], stages: [] }),
      'R11: the run A is closed too early',
    ],
    [
      'a run closed before its child',
      view({ runs: [run('A', over), run('B', { parent: 0 })], tasks: [], stages: [] }),
      'R11: the run A is closed too early',
    ],
  ])('names %s', (_, wrong, sentence) => {
    expect(said(wrong)).toEqual([sentence]);
  });

  it.each<[string, Partial<StageView>, Partial<TaskView>[], string | undefined]>([
    ['goes on', { state: 'failed' }, [executing], 'failed, its tasks say it goes on'],
    ['not passed', { state: 'running', passed: false }, [succeeded], undefined],
    [
      'a failure',
      { state: 'succeeded' },
      [succeeded, { ...succeeded, state: 'failed' }],
      'succeeded, its tasks say failed',
    ],
    [
      'a cancellation',
      { state: 'succeeded' },
      [succeeded, { ...succeeded, state: 'cancelled' }],
      'succeeded, its tasks say cancelled',
    ],
    [
      'all blocked',
      { state: 'succeeded' },
      [{ ...succeeded, state: 'blocked' }],
      'succeeded, its tasks say blocked',
    ],
    ['some blocked', { state: 'succeeded' }, [succeeded, { ...succeeded, state: 'blocked' }], undefined],
    ['empty', { state: 'running' }, [], 'running, its tasks say succeeded'],
    ['of another stage', { state: 'succeeded' }, [{ ...executing, stage: 1 }], undefined],
  ])('R12, a stage that %s', (_, stage, tasks, sentence) => {
    const stages = [{ run: 0, index: 0, state: 'running', passed: true, ...stage } as const];
    const all = said(view({ stages, tasks: tasks.map((change, i) => task(`t${i + 1}`, change)) }));
    const wrong = all.filter((said) => !said.startsWith('P1')); // nothing here says who blocked them
    expect(wrong).toEqual(sentence === undefined ? [] : [`R12: stage 0 of A is ${sentence}`]);
  });

  it('R12 takes the stage of a closed run, or of none, as passed', () => {
    const stages = [{ run: 0, index: 0, state: 'running', passed: false } as const];
    expect(said(view({ stages, tasks: [], runs: [run('A', over)] }))).toEqual([
      'R12: stage 0 of A is running, its tasks say succeeded',
    ]);
    expect(said(view({ stages, tasks: [], runs: [] }))).toEqual([
      'R12: stage 0 of undefined is running, its tasks say succeeded',
    ]);
  });
});
