/** Task.docker: a container as a task, on a small engine of our own. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { dockerExecutor } from '../../../src/executors/docker/index.ts';
import { memoryStore, Task, TaskGraph } from '../../../src/index.ts';
import { FakeEngine } from '../../fixtures/docker-engine.ts';
import { failureOf, ofTask, real, typesOf, wrote } from './kit.ts';

const IMAGE = 'busybox:1.36';
const LOGS = '"$LOGS/outputs.json"';

let engine: FakeEngine;
beforeAll(async () => {
  engine = await FakeEngine.start();
});
beforeEach(() => {
  engine.images.set(IMAGE, { command: ['echo', 'of the image'] });
  engine.registry.set(IMAGE, { command: ['echo', 'of the image'] });
});
afterEach(() => engine.reset());
afterAll(() => engine.stop());

const executors = () => ({ docker: dockerExecutor({ connection: { socketPath: engine.socketPath } }) });

describe('a docker task', () => {
  it('has output, error, code and outputs in its result, byte for byte', async () => {
    const { scheduler } = real({ executors: executors() });
    const command = `echo out; echo err >&2; printf '{"rows": 3}' > ${LOGS}`;
    const task = Task.docker(IMAGE, { command, title: 'count' });
    const result = await scheduler.runTask(task).result();
    expect(result).toMatchObject({
      taskId: task.id,
      status: 'succeeded',
      output: 'out\n',
      error: 'err\n',
      returnCode: 0,
      terminationReason: null,
      raw: { exitCode: 0, image: IMAGE, outputs: { rows: 3 }, truncated: false },
    });
    expect(task.result).toBe(result);
    expect(engine.containers.size).toBe(0);
  });

  it('without a command runs what the image runs by itself', async () => {
    const { scheduler } = real({ executors: executors() });
    const result = await scheduler.runTask(Task.docker('busybox', { tag: '1.36' })).result();
    expect(result.output).toBe('of the image\n');
  });

  it('that fails has its code and its words, as every command has', async () => {
    const { scheduler } = real({ executors: executors() });
    const task = Task.docker(IMAGE, { command: 'echo out; echo "no luck" >&2; exit 3' });
    const error = await failureOf(scheduler.runTask(task));
    expect(error).toMatchObject({ code: 'TASK_FAILED', message: 'no luck\n' });
    expect(task.result).toMatchObject({
      status: 'failed',
      output: 'out\n',
      error: 'no luck\n',
      returnCode: 3,
      terminationReason: 'exit_code',
      raw: { exitCode: 3, image: IMAGE },
    });
  });

  it('whose image cannot be had fails by its handler, without a code', async () => {
    const { scheduler } = real({ executors: executors() });
    const task = Task.docker('no/such');
    const error = await failureOf(scheduler.runTask(task));
    expect(error).toMatchObject({ code: 'TASK_FAILED' });
    expect(task.result).toMatchObject({ returnCode: null, terminationReason: 'handler', output: null });
  });

  it('is cancelled with what it had written when it is terminated, and leaves no container', async () => {
    const { scheduler } = real({ executors: executors() });
    const task = Task.docker(IMAGE, {
      command: "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done",
    });
    const handle = scheduler.runTask(task);
    await wrote(handle, 'ready');
    handle.requestTerminate('enough');
    expect((await handle.outcome()).kind).toBe('cancelled');
    expect(task.result).toMatchObject({
      status: 'cancelled',
      output: 'ready\n',
      terminationReason: 'cancelled',
    });
    expect(engine.containers.size).toBe(0);
  });

  it('that is out of time is ended with its container', async () => {
    const { scheduler } = real({ executors: executors() });
    const task = Task.docker(IMAGE, {
      command: "trap '' TERM; while :; do sleep 0.05; done",
      timeoutMs: 100,
      graceMs: 20,
    });
    expect(await failureOf(scheduler.runTask(task))).toMatchObject({ code: 'TASK_TIMEOUT' });
    expect(task.result).toMatchObject({ terminationReason: 'timeout' });
    expect(engine.containers.size).toBe(0);
  });

  it('is tried again in a new container, which knows its number', async () => {
    const { scheduler, events } = real({ executors: executors() });
    const task = Task.docker(IMAGE, {
      command: 'echo "$SIGNALBOX_ATTEMPT"; exit $((2 - SIGNALBOX_ATTEMPT))',
      retry: { maxAttempts: 2 },
    });
    const handle = scheduler.runTask(task);
    expect((await handle.result()).output).toBe('2\n');
    expect(typesOf(ofTask(events, handle))).toContain('task:retrying');
    const names = engine.asked('POST', /create$/).map(({ query }) => query.get('name'));
    expect(names).toEqual([`signalbox-${handle.id}-1`, `signalbox-${handle.id}-2`]);
  });

  it('tells the pull of its image as progress', async () => {
    engine.images.clear();
    const { scheduler, events } = real({ executors: executors() });
    const handle = scheduler.runTask(Task.docker(IMAGE));
    await handle.result();
    const told = ofTask(events, handle).flatMap((event) =>
      event.type === 'task:progress' ? [event.message] : [],
    );
    expect(told.at(-1)).toBe(`pulling ${IMAGE}: Status: Downloaded newer image for ${IMAGE}`);
  });

  it('gets its volumes below its cwd, and its env', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'docker-task-'));
    mkdirSync(join(cwd, 'data'));
    const { scheduler } = real({ executors: executors() });
    const options = { cwd, volumes: { data: '/data' }, env: { WHO: 'Ada' } };
    const result = await scheduler
      .runTask(Task.docker(IMAGE, { ...options, command: 'echo "$WHO $MOUNT_DATA"' }))
      .result();
    expect(result.output).toMatch(/^Ada .*\/docker-task-\w+\/data\n$/);
    const outside = Task.docker(IMAGE, { cwd, volumes: { '../x': '/data' } });
    expect(await failureOf(scheduler.runTask(outside))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    rmSync(cwd, { recursive: true });
  });

  it('may lie in a graph', async () => {
    const { scheduler } = real({ executors: executors() });
    const graph = new TaskGraph();
    const first = Task.docker(IMAGE, { command: 'echo 1' });
    const second = Task.docker(IMAGE, { command: 'exit 1' });
    graph.add(first);
    graph.add(second, { after: [first] });
    await graph.run({ scheduler });
    expect([first.status, second.status]).toEqual(['succeeded', 'failed']);
  });
});

describe('a docker task without an executor of your own', () => {
  it('looks for the engine itself, and says what is missing', async () => {
    vi.stubEnv('DOCKER_HOST', `unix://${engine.socketPath}.none`);
    const { scheduler } = real();
    const error = await failureOf(scheduler.runTask(Task.docker(IMAGE)));
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE' });
    expect(error.message).toContain(`${engine.socketPath}.none`);
    expect(error.hint).toContain('signalbox/executors/docker');
  });

  it('finds an engine that DOCKER_HOST names', async () => {
    vi.stubEnv('DOCKER_HOST', `unix://${engine.socketPath}`);
    const { scheduler } = real();
    const result = await scheduler.runTask(Task.docker(IMAGE)).result();
    vi.unstubAllEnvs();
    expect(result.output).toBe('of the image\n');
  });

  it('cannot run on an executor for something else', () => {
    const { scheduler } = real();
    expect(() => scheduler.runTask(Task.docker(IMAGE, { executor: 'process' }))).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        hint: expect.stringContaining('signalbox/executors/docker'),
      }),
    );
  });
});

describe('a docker task as data', () => {
  const auth = { username: 'ada', passwordEnv: 'REGISTRY_PASSWORD', registry: 'ghcr.io' };
  const options = {
    command: ['echo', 'x'],
    tag: '2',
    env: { A: 'a' },
    volumes: { data: '/data' },
    auth,
    cwd: 'work',
    title: 'tool',
    timeoutMs: 5,
    resources: { cpu: 1 },
  };

  it('is written and read without loss, and without a password', () => {
    vi.stubEnv('REGISTRY_PASSWORD', 'very-secret');
    const task = Task.docker('ghcr.io/owner/tool', options);
    const written = JSON.stringify(task);
    vi.unstubAllEnvs();
    expect(written).not.toContain('very-secret');
    const read = Task.fromJSON(JSON.parse(written));
    expect(read.toJSON()).toEqual(task.toJSON());
    expect(read).toMatchObject({
      kind: 'docker',
      payload: 'ghcr.io/owner/tool',
      title: 'tool',
      timeoutMs: 5,
    });
    expect(read.options).toEqual({ ...options, title: undefined, timeoutMs: undefined });
  });

  it('is frozen: what was given may change afterwards', () => {
    const given = { command: ['echo', 'x'], volumes: { data: '/data' }, auth: { ...auth } };
    const task = Task.docker('tool', given);
    given.command.push('y');
    given.volumes.data = '/etc';
    given.auth.username = 'eve';
    expect(task.options).toEqual({ command: ['echo', 'x'], volumes: { data: '/data' }, auth });
    expect(Object.isFrozen(task.options.auth)).toBe(true);
  });

  it('keeps its auth out of the ledger', async () => {
    vi.stubEnv('REGISTRY_PASSWORD', 'very-secret');
    engine.users.set('ada', 'very-secret');
    engine.registry.set('tool:2', { command: ['true'] });
    const store = memoryStore();
    const { scheduler, events } = real({ executors: executors(), store });
    const task = Task.docker('tool', { tag: '2', auth });
    await scheduler.runTask(task).result();
    vi.unstubAllEnvs();
    const runs = await store.runs.list();
    const tasks = await Promise.all(runs.map(({ id }) => store.tasks.list(id)));
    expect(tasks.flat()).toHaveLength(1);
    expect(JSON.stringify([runs, tasks, events, task])).not.toContain('very-secret');
    expect(engine.asked('POST', /images\/create/)[0]?.auth).toMatchObject({ password: 'very-secret' });
  });

  it('refuses a password that is given, and does not show it', () => {
    expect(() => Task.docker('tool', { auth: 'ada:very-secret' as unknown as typeof auth })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('very-secret') }),
    );
    const given = { username: 'ada', password: 'very-secret' } as unknown as typeof auth;
    expect(() => Task.docker('tool', { auth: given })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.not.stringContaining('very-secret'),
        hint: expect.stringContaining('passwordEnv'),
      }),
    );
  });

  it.each([
    ['image', '../x', {}],
    ['tag', 'x', { tag: 'a b' }],
    ['tag', 'x:1', { tag: '2' }],
    ['command', 'x', { command: ' ' }],
    ['command', 'x', { command: [] }],
    ['command', 'x', { command: ['a', 1] }],
    ['volumes', 'x', { volumes: ['data:/data'] }],
    ['volumes', 'x', { volumes: { data: 1 } }],
    ['env', 'x', { env: { A: 1 } }],
    ['auth', 'x', { auth: 'ada' }],
    ['auth.username', 'x', { auth: { passwordEnv: 'P' } }],
    ['auth.passwordEnv', 'x', { auth: { username: 'ada' } }],
    ['docker task option "image"', 'x', { image: 'y' }],
  ])('says at once that its %s cannot be', (what, image, given) => {
    expect(() => Task.docker(image, given as object)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(what) }),
    );
  });

  it('takes no image afterwards that is none', () => {
    const task = Task.docker('tool');
    expect(() => {
      task.payload = '../x';
    }).toThrow('the image of a container');
    task.payload = 'other:3';
    expect(task.payload).toBe('other:3');
  });

  it('is no custom kind', () => {
    expect(() => Task.custom('docker', {})).toThrow('see Task.docker');
  });
});

describe('a handler of your own that says which container runs a Task', () => {
  it('is asked at submission', async () => {
    const { scheduler } = real({ executors: executors() });
    scheduler.registerHandler('lint', {
      container: ({ payload }) => ({ image: IMAGE, command: ['echo', String(payload)] }),
    });
    const result = await scheduler.runTask(Task.custom('lint', 'src')).result();
    expect(result).toMatchObject({ output: 'src\n', returnCode: 0 });
  });
});
