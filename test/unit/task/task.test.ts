/** A Task before and after its runs: made, edited, cancelled, written down. No scheduler is in these tests. */
import { describe, expect, it } from 'vitest';
import { type SignalboxError, Task } from '../../../src/index.ts';

function thrownBy(fn: () => unknown): SignalboxError {
  try {
    fn();
  } catch (error) {
    return error as SignalboxError;
  }
  throw new Error('expected a throw');
}

const anything = (value: unknown): never => value as never;

describe('a new Task', () => {
  it('has an id that sorts by its making, its kind, and nothing that happened', () => {
    const [a, b] = [Task.bash('echo a', { title: 'first' }), Task.shell('echo b')];
    expect(a.id < b.id).toBe(true);
    expect(a.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([a.kind, b.kind]).toEqual(['bash', 'bash']);
    expect(a).toMatchObject({ title: 'first', description: '', payload: 'echo a', status: 'pending' });
    expect([a.result, a.error, a.blockedBy, a.timeoutMs]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([a.isActive, a.isDone, a.isBad, a.isTerminal]).toEqual([true, false, false, false]);
    expect(a.createdAt).toBeGreaterThan(1.7e12);
    expect(String(a)).toBe(`Task(id='${a.id}', title='first', status=pending)`);
  });

  it('keeps what it was made with, whatever the caller does with its objects later', () => {
    const args = [1];
    const env = { A: 'a' };
    const call = Task.call((n: number) => n, { args: args as [number] });
    const bash = Task.bash('true', { env });
    args.push(2);
    env.A = 'b';
    expect(call.options.args).toEqual([1]);
    expect(bash.options.env).toEqual({ A: 'a' });
    expect(Object.isFrozen(bash.options)).toBe(true);
  });

  it('is of every kind', () => {
    const tasks = [
      Task.powershell('Get-Date'),
      Task.prompt('hello', { model: 'm' }),
      Task.agent('do', { model: 'm', tools: ['t'] }),
      Task.custom('http', { url: 'x' }),
      Task.call(() => 1),
    ];
    expect(tasks.map((task) => task.kind)).toEqual(['powershell', 'prompt', 'agent', 'http', 'call']);
    expect(tasks[2]?.options).toEqual({ model: 'm', tools: ['t'] });
  });

  it.each<readonly [what: string, make: () => unknown, says: string]>([
    ['an empty command', () => Task.bash('  '), 'the command of a bash task'],
    ['a command that is none', () => Task.bash(anything(5)), 'a string that is not empty'],
    ['an empty script', () => Task.powershell(''), 'the script of a powershell task'],
    ['an empty prompt', () => Task.prompt(''), 'the text of the prompt'],
    ['an empty agent text', () => Task.agent(''), 'the text of the agent'],
    ['an empty model', () => Task.prompt('x', { model: '' }), 'model'],
    ['an empty model of an agent', () => Task.agent('x', { model: ' ' }), 'model'],
    ['no function', () => Task.call(anything('f')), 'a function'],
    ['args that are no array', () => Task.call((_: number) => 1, anything({ args: 1 })), 'args'],
    ['an empty kind', () => Task.custom('', 1), 'the kind of a task'],
    ['a kind that has its own factory', () => Task.custom('bash', 'x'), 'Task.bash'],
    ['no time at all', () => Task.bash('x', { timeoutMs: 0 }), 'more than 0'],
    ['a negative time', () => Task.bash('x', { timeoutMs: -1 }), 'more than 0'],
    ['endless time', () => Task.bash('x', { timeoutMs: Number.POSITIVE_INFINITY }), 'more than 0'],
    ['a time that is no number', () => Task.bash('x', { timeoutMs: anything('1') }), 'more than 0'],
    ['a title that is no string', () => Task.bash('x', { title: anything(1) }), 'title'],
    ['an option that does not exist', () => Task.bash('x', anything({ timeout: 1 })), '"timeout"'],
    ['an option of another kind', () => Task.bash('x', anything({ model: 'm' })), '"model"'],
    ['surroundings of a function', () => Task.call(() => 1, anything({ cwd: '/' })), '"cwd"'],
    ['an environment of numbers', () => Task.bash('x', { env: anything({ A: 1 }) }), 'env'],
    ['an empty folder', () => Task.bash('x', { cwd: '' }), 'cwd'],
    ['options that are none', () => Task.bash('x', anything(null)), 'an object'],
  ])('refuses %s', (_, make, says) => {
    const error = thrownBy(make);
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(says);
  });
});

describe('a Task that is in no run', () => {
  it('can be edited, and checks what it is given', () => {
    const task = Task.bash('false');
    task.title = 'repaired';
    task.description = 'now it works';
    task.payload = 'true';
    task.timeoutMs = 5;
    expect(task).toMatchObject({
      title: 'repaired',
      description: 'now it works',
      payload: 'true',
      timeoutMs: 5,
    });
    task.timeoutMs = undefined;
    expect(thrownBy(() => (task.payload = '')).code).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => (task.timeoutMs = 0)).code).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => (task.title = anything(1))).code).toBe('INVALID_ARGUMENT');
    expect(task).toMatchObject({ payload: 'true', timeoutMs: undefined, title: 'repaired' });
  });

  it('cannot be given another id, kind or status', () => {
    const task = Task.bash('true');
    for (const name of ['id', 'kind', 'status', 'result', 'blockedBy', 'createdAt', 'made-up'])
      expect(() => Object.assign(task, { [name]: 'x' }), name).toThrow(TypeError);
    expect(task.status).toBe('pending');
  });

  it('is cancelled at once, once, and for good', () => {
    const task = Task.bash('true');
    expect(task.cancel()).toBe(true);
    expect(task.status).toBe('cancelled');
    expect(task.result).toMatchObject({
      taskId: task.id,
      status: 'cancelled',
      terminationReason: 'cancelled',
      error: 'cancelled',
      output: null,
      returnCode: null,
      durationMs: 0,
    });
    expect(task.result?.startedAt).toBe(task.result?.finishedAt);
    const before = task.result;
    expect(task.cancel()).toBe(false);
    expect(task.result).toBe(before);
    expect([task.isActive, task.isDone, task.isBad, task.isTerminal]).toEqual([false, false, true, true]);
  });
});

describe('the JSON form of a Task', () => {
  it('gives the same Task back', () => {
    const task = Task.agent('do it', {
      title: 't',
      description: 'd',
      timeoutMs: 9,
      model: 'm',
      tools: [{ name: 'a' }],
      retry: { maxAttempts: 2 },
      resources: { cpu: 1 },
    });
    const again = Task.fromJSON(JSON.parse(JSON.stringify(task)));
    expect(again).not.toBe(task);
    expect(again.toJSON()).toEqual(task.toJSON());
    expect(again).toMatchObject({ id: task.id, createdAt: task.createdAt, payload: 'do it', timeoutMs: 9 });
    expect(again.options).toEqual(task.options);
  });

  it('keeps an end, and that end counts', () => {
    const task = Task.bash('true');
    task.cancel();
    const again = Task.fromJSON(JSON.parse(JSON.stringify(task)));
    expect(again.status).toBe('cancelled');
    expect(again.result).toEqual({ ...task.result, raw: null });
    expect(again.cancel()).toBe(false);
  });

  it('takes a Task that was written while it ran as pending', () => {
    const written = { ...Task.bash('true').toJSON(), status: 'running' };
    expect(Task.fromJSON(written)).toMatchObject({ status: 'pending', result: undefined });
  });

  it('makes the text of an error an error again', () => {
    const written = { ...Task.bash('true').toJSON(), status: 'failed', error: 'exited with code 2' };
    const task = Task.fromJSON(written);
    expect(task.error).toMatchObject({ code: 'TASK_FAILED', message: 'exited with code 2' });
    expect(task.toJSON()).toEqual(written);
  });

  it.each<readonly [string, Task]>([
    ['a function', Task.call(() => 1)],
    ['a payload that JSON changes', Task.custom('k', new Map())],
    ['a payload that JSON drops', Task.custom('k', { deep: [{ fn: () => 1 }] })],
    ['a number that is none', Task.custom('k', Number.NaN)],
    ['a retry that asks a function', Task.bash('x', { retry: { maxAttempts: 2, when: () => true } })],
  ])('is refused for %s', (_, task) => {
    expect(thrownBy(() => JSON.stringify(task)).code).toBe('INVALID_ARGUMENT');
  });

  it('says where in the payload the trouble is', () => {
    const task = Task.custom('k', { deep: [{ fn: () => 1 }] });
    expect(thrownBy(() => task.toJSON()).message).toContain('payload.deep.0.fn');
  });

  it.each<readonly [string, unknown]>([
    ['nothing', null],
    ['a call', { ...Task.bash('x').toJSON(), kind: 'call' }],
    ['an unknown status', { ...Task.bash('x').toJSON(), status: 'queued' }],
    ['no id', { ...Task.bash('x').toJSON(), id: '' }],
    ['no time', { ...Task.bash('x').toJSON(), createdAt: 'now' }],
    ['an option that does not exist', { ...Task.bash('x').toJSON(), options: { nope: 1 } }],
    ['a result that is none', { ...Task.bash('x').toJSON(), status: 'failed', result: 5 }],
  ])('is not read from %s', (_, written) => {
    expect(thrownBy(() => Task.fromJSON(written)).code).toBe('INVALID_ARGUMENT');
  });
});
