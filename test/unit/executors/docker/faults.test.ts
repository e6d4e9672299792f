/** An engine that refuses, breaks off, falls silent, or is not there: every attempt still ends once, and says why. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TerminatedError } from '../../../../src/core/errors.ts';
import { DockerExecutor } from '../../../../src/executors/docker/docker-executor.ts';
import { dockerExecutor } from '../../../../src/executors/docker/index.ts';
import { type ExecutorProbe, loopTurns } from '../../../../src/testing/executor-probe.ts';
import type { EngineRequest } from '../../../fixtures/docker-engine.ts';
import { failureOf, fakeSubject, IMAGE, logged, progressOf, resultOf, run, until } from './kit.ts';

const HANGS = "trap '' TERM; echo ready; while :; do sleep 0.05; done";

const subject = fakeSubject();

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faults-test-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const executor = () => subject.executor({ folder });

async function endsOnce(probe: ExecutorProbe): Promise<void> {
  await probe.end();
  await loopTurns(20);
  expect(probe.ends).toHaveLength(1);
  expect(probe.entries.at(-1)).toBe(probe.ends[0]);
  expect(readdirSync(folder)).toEqual([]);
}

/** Answers requests to this path with an error of the engine. */
function refuse(path: RegExp, status: number, message: string): void {
  subject.engine.faults.intercept = (request, response) => {
    if (!path.test(request.path)) return false;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
    return true;
  };
}

/** Breaks the connection of requests to this path. */
function breakOff(fits: (request: EngineRequest) => boolean, after = ''): void {
  subject.engine.faults.intercept = (request) => {
    if (!fits(request)) return false;
    if (after !== '') request.socket.write(after);
    setImmediate(() => request.socket.destroy());
    return true;
  };
}

describe('an engine that is not there', () => {
  it('makes the executor unavailable, with the socket that was tried and DOCKER_HOST', async () => {
    const socketPath = join(folder, 'none.sock');
    const probe = run(subject.executor({ connection: { socketPath } }), { command: 'true' });
    const error = await failureOf(probe);
    expect(error).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE', retryable: true });
    expect(error.message).toBe(`no Docker engine answers at unix://${socketPath} (ENOENT)`);
    expect(error.hint).toMatch(/DOCKER_HOST is not set; .*signalbox\/executors\/docker/);
  });

  it('is said also of a socket that nobody listens to', async () => {
    const socketPath = join(folder, 'file.sock');
    writeFileSync(socketPath, '');
    const error = await failureOf(run(subject.executor({ connection: { socketPath } }), {}));
    expect(error.message).toMatch(/no Docker engine answers at unix:\/\/.*file\.sock \(ECONNREFUSED\)/);
  });

  it('is named by its host and port', async () => {
    const connection = { host: '127.0.0.1', port: 1, protocol: 'http' } as const;
    const error = await failureOf(run(subject.executor({ connection }), {}));
    expect(error.message).toBe('no Docker engine answers at http://127.0.0.1:1 (ECONNREFUSED)');
  });

  it('is looked for where DOCKER_HOST says, and a senseless one is named', async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://[');
    const error = await failureOf(run(dockerExecutor(), {}));
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE' });
    expect(error.hint).toMatch(/DOCKER_HOST is "tcp:\/\/\["/);
  });
});

describe('without the package dockerode', () => {
  it('a container fails with how to install it, and works once it is there', async () => {
    let isThere = false;
    const own = new DockerExecutor({ connection: { socketPath: subject.engine.socketPath } }, async () => {
      if (isThere) return (await import('dockerode')).default;
      throw Object.assign(new Error("Cannot find package 'dockerode'"), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    subject.engine.images.set(IMAGE, {});
    const error = await failureOf(run(own, { command: 'true' }));
    expect(error).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE', hint: 'npm install dockerode' });
    isThere = true;
    expect(await resultOf(run(own, { command: 'true' }))).toMatchObject({ exitCode: 0 });
  });
});

describe('an engine that refuses', () => {
  it.each([
    ['the look-up of the image', /^\/images\/.*json/, 'cannot be looked up'],
    ['making the container', /create$/, 'cannot be made'],
    ['listening to it', /attach$/, 'cannot be listened to'],
    ['its start', /start$/, 'cannot be started'],
    ['waiting for it', /wait$/, 'cannot be waited for'],
  ])('%s fails the task with its message, and leaves nothing', async (_what, path, verb) => {
    const one = executor();
    refuse(path, 500, 'disk is full');
    const probe = run(one, { command: 'echo x' });
    const error = await failureOf(probe);
    expect(error).toMatchObject({ code: 'TASK_FAILED' });
    expect(error.message).toContain(verb);
    expect(error.message).toContain('disk is full');
    await endsOnce(probe);
    expect([...subject.engine.containers.keys()]).toEqual([]);
  });

  it('to remove the container leaves a warning with its name, and the end is the one it has earned', async () => {
    const one = executor();
    subject.engine.faults.intercept = ({ method }, response) => {
      if (method !== 'DELETE') return false;
      response.writeHead(500).end('{"message":"device busy"}');
      return true;
    };
    const probe = run(one, { command: 'true' }, { id: 'stays' });
    expect(await resultOf(probe)).toMatchObject({ exitCode: 0 });
    expect(logged(probe, 'warn')).toEqual([
      'the container signalbox-stays-1 may be left behind; to remove it: docker rm -f -v signalbox-stays-1',
    ]);
  });

  it('with a text that is no JSON is quoted all the same', async () => {
    const one = executor();
    subject.engine.faults.intercept = ({ path }, response) => {
      if (!path.endsWith('/start')) return false;
      response.writeHead(502).end('<html>Bad Gateway</html>');
      return true;
    };
    expect((await failureOf(run(one, {}))).message).toContain('<html>Bad Gateway</html>');
  });
});

describe('an engine that breaks off', () => {
  const cases: readonly (readonly [string, RegExp, string])[] = [
    ['the look-up', /json$/, ''],
    ['making it', /create$/, ''],
    ['the attach', /attach$/, ''],
    ['the start', /start$/, ''],
    ['the wait, before the head', /wait$/, ''],
    ['the wait, between head and end', /wait$/, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['the wait, in the middle of the body', /wait$/, 'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{"Status'],
  ];
  it.each(cases)('%s fails the task once, and never hangs', async (_what, path, after) => {
    const one = executor();
    breakOff((request) => path.test(request.path), after);
    const probe = run(one, { command: 'echo x; exec sleep 0.2' });
    const error = await failureOf(probe);
    expect(error).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE', retryable: true });
    expect(error.message).toMatch(/^the Docker engine at unix:\/\/.* broke the connection: /);
    await endsOnce(probe);
    expect([...subject.engine.containers.keys()]).toEqual([]);
  });

  it('everything while the container runs fails the task with what had come, and removes the container', async () => {
    const probe = run(executor(), { command: HANGS });
    await probe.wrote('ready');
    await until(() => subject.engine.asked('POST', /wait$/).length === 1);
    subject.engine.crash();
    const error = await failureOf(probe);
    expect(error).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE', retryable: true });
    expect(error.details).toMatchObject({ stdout: 'ready\n', image: IMAGE });
    await endsOnce(probe);
    expect([...subject.engine.containers.keys()]).toEqual([]);
  });

  it('and is gone for good leaves a warning that names the container', async () => {
    const probe = run(executor(), { command: HANGS }, { id: 'lost' });
    await probe.wrote('ready');
    breakOff(() => true);
    subject.engine.crash();
    expect(await failureOf(probe)).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE' });
    await endsOnce(probe);
    expect(logged(probe, 'warn')).toHaveLength(1);
    expect(logged(probe, 'warn')[0]).toContain('docker rm -f -v signalbox-lost-1');
  });

  it('the output in the middle of a frame shows it: less was kept than was written', async () => {
    const one = executor();
    subject.engine.faults.intercept = ({ path, socket }, response) => {
      if (!path.endsWith('/attach')) return false;
      response.detachSocket(socket);
      socket.write('HTTP/1.1 200 OK\r\n\r\n\x01\0\0\0\0\0\0\x09cut');
      setImmediate(() => socket.end());
      return true;
    };
    expect(await resultOf(run(one, { command: 'true' }))).toMatchObject({ stdout: 'cut', truncated: true });
  });

  it('the form of the output fails the task: it is not taken for text', async () => {
    const one = executor();
    subject.engine.faults.intercept = ({ path, socket }, response) => {
      if (!path.endsWith('/attach')) return false;
      response.detachSocket(socket);
      socket.write('HTTP/1.1 200 OK\r\n\r\nplain text of a terminal');
      return true;
    };
    const probe = run(one, { command: HANGS });
    expect((await failureOf(probe)).message).toMatch(/what it sends is not the output of a container/);
    await endsOnce(probe);
  });
});

describe('an engine that falls silent', () => {
  it('does not keep a stopped attempt that has not begun', async () => {
    const one = executor();
    subject.engine.faults.intercept = ({ path }) => path.endsWith('/json');
    const probe = run(one, {});
    await until(() => subject.engine.requests.length > 0);
    const reason = new TerminatedError('enough');
    probe.stop(reason);
    expect(await failureOf(probe)).toMatchObject({ code: 'TERMINATED', cause: reason });
    await endsOnce(probe);
  });

  it('does not keep a killed attempt: it ends without the engine, with a warning', async () => {
    const probe = run(executor(), { command: HANGS });
    await probe.wrote('ready');
    subject.engine.faults.intercept = () => true;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    probe.stop(new TerminatedError('please'));
    probe.kill();
    await until(() => subject.engine.asked('POST', /kill$/).length === 2);
    await vi.advanceTimersByTimeAsync(5_000);
    await until(() => subject.engine.asked('DELETE', /./).length === 1);
    await vi.advanceTimersByTimeAsync(10_000);
    const error = await failureOf(probe);
    expect(error.details).toMatchObject({ forced: true, stdout: 'ready\n' });
    expect(logged(probe, 'warn')).toHaveLength(1);
    await endsOnce(probe);
  });

  it('after the end of a container is not listened to for ever', async () => {
    const one = executor();
    subject.engine.faults.intercept = ({ path, socket }, response) => {
      if (!path.endsWith('/attach')) return false;
      response.detachSocket(socket);
      socket.write('HTTP/1.1 200 OK\r\n\r\n\x01\0\0\0\0\0\0\x04out\n');
      return true;
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const probe = run(one, { command: 'true' });
    await until(() => subject.engine.containers.values().next().value?.state === 'exited');
    while (probe.ends.length === 0) {
      await loopTurns(5);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(await resultOf(probe)).toMatchObject({ stdout: 'out\n', truncated: true });
  });
});

describe('a container that is taken away', () => {
  it('by somebody else says so, instead of only a code', async () => {
    const probe = run(executor(), { command: HANGS });
    await probe.wrote('ready');
    await until(() => subject.engine.asked('POST', /wait$/).length === 1);
    subject.engine.remove(subject.engine.only());
    const error = await failureOf(probe);
    expect(error).toMatchObject({ code: 'TASK_FAILED', details: { exitCode: 137, stdout: 'ready\n' } });
    expect(error.message).toMatch(/was removed by somebody else while it ran/);
    await endsOnce(probe);
  });

  it('for its memory says so', async () => {
    const one = executor();
    subject.engine.faults.outOfMemory = true;
    const error = await failureOf(run(one, { command: 'kill -9 $$' }));
    expect(error.message).toMatch(/ran out of memory and was ended with code 137/);
  });

  it('between its start and the wait does not hang', async () => {
    const one = executor();
    subject.engine.faults.intercept = ({ path }) => {
      if (path.endsWith('/wait')) subject.engine.remove(subject.engine.only());
      return false;
    };
    const probe = run(one, { command: HANGS });
    expect((await failureOf(probe)).message).toMatch(/was removed/);
    await endsOnce(probe);
  });
});

describe('output that comes in odd pieces', () => {
  it('is the same byte by byte, headers cut and characters cut', async () => {
    const one = executor();
    subject.engine.faults.chunkBytes = 1;
    const probe = run(one, { command: 'echo grün; echo rot >&2; printf ✓' });
    expect(await resultOf(probe)).toMatchObject({ stdout: 'grün\n✓', stderr: 'rot\n', truncated: false });
  });
});

describe('what an earlier life has left', () => {
  it('under the same name is removed when it was this very attempt', async () => {
    const one = executor();
    const left = run(one, { command: HANGS }, { id: 'again' });
    await left.wrote('ready');
    const lost = subject.engine.only();
    const probe = run(one, { command: 'echo new' }, { id: 'again' });
    expect(await resultOf(probe)).toMatchObject({ stdout: 'new\n' });
    expect(lost.child?.killed || lost.child?.signalCode !== null).toBe(true);
    await left.end();
  });

  it('under the same name stays when it is somebody else who has it', async () => {
    const one = executor();
    const other = run(one, { command: HANGS }, { id: 'a b' });
    await other.wrote('ready');
    const probe = run(one, { command: 'true' }, { id: 'a_b' });
    expect((await failureOf(probe)).message).toMatch(/cannot be made: Conflict/);
    expect(subject.engine.only().state).toBe('running');
    other.kill();
    await other.end();
  });

  it('by an earlier attempt of the task is removed before the next one is made, and nothing else', async () => {
    const one = executor();
    const first = run(one, { command: HANGS }, { id: 'task', attempt: 1 });
    const stranger = run(one, { command: HANGS }, { id: 'stranger', attempt: 1 });
    await first.wrote('ready');
    await stranger.wrote('ready');
    const command = 'echo second';
    expect(await resultOf(run(one, { command }, { id: 'task', attempt: 2 }))).toMatchObject({
      stdout: 'second\n',
    });
    await first.end();
    expect([...subject.engine.containers.keys()]).toEqual(['signalbox-stranger-1']);
    stranger.kill();
    await stranger.end();
  });
});

describe('a pull', () => {
  const image = 'ghcr.io/owner/tool:2';

  it('comes first when the image is missing, tells its progress in few words, and is not output', async () => {
    const one = executor();
    subject.engine.registry.set(image, {});
    const probe = run(one, { image, command: 'echo x' });
    expect(await resultOf(probe)).toMatchObject({ image, stdout: 'x\n' });
    const told = progressOf(probe);
    expect(told.every((line) => line.startsWith(`pulling ${image}: `))).toBe(true);
    const percents = told.flatMap((line) => /(\d+)% downloaded$/.exec(line)?.[1] ?? []).map(Number);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBe(95);
    expect(probe.output).toEqual(['x']);
  });

  it('is not made for an image that is there, unless always, and never when never', async () => {
    await resultOf(run(executor(), { command: 'true' }));
    expect(subject.engine.asked('POST', /images\/create/)).toEqual([]);
    await resultOf(run(subject.executor({ folder, pull: 'always' }), { command: 'true' }));
    expect(subject.engine.asked('POST', /images\/create/)).toHaveLength(1);
    const error = await failureOf(run(subject.executor({ folder, pull: 'never' }), { image: 'other' }));
    expect(error.message).toBe('the engine does not have the image other:latest');
    expect(subject.engine.asked('POST', /images\/create/)).toHaveLength(1);
  });

  it('asks for one tag, never for all of them', async () => {
    const one = executor();
    subject.engine.registry.set('tool:latest', {});
    await resultOf(run(one, { image: 'tool', command: 'true' }));
    const [request] = subject.engine.asked('POST', /images\/create/);
    expect(Object.fromEntries(request?.query ?? [])).toEqual({ fromImage: 'tool', tag: 'latest' });
  });

  it('of a digest asks for that', async () => {
    const one = executor();
    const digest = `sha256:${'0a'.repeat(32)}`;
    subject.engine.registry.set(`tool@${digest}`, {});
    expect(await resultOf(run(one, { image: `tool@${digest}`, command: 'true' }))).toMatchObject({
      image: `tool@${digest}`,
    });
    const [request] = subject.engine.asked('POST', /images\/create/);
    expect(Object.fromEntries(request?.query ?? [])).toEqual({ fromImage: 'tool', tag: digest });
  });

  it('says who pulls in a header, from the environment, and nowhere else', async () => {
    const one = executor();
    subject.engine.registry.set(image, {});
    subject.engine.users.set('ada', 'pä ss+/=');
    vi.stubEnv('DOCKER_TEST_PASSWORD', 'pä ss+/=');
    const auth = { username: 'ada', passwordEnv: 'DOCKER_TEST_PASSWORD', registry: 'ghcr.io' };
    const probe = run(one, { image, command: 'true', auth });
    expect(await resultOf(probe)).toMatchObject({ exitCode: 0 });
    vi.unstubAllEnvs();
    const [request] = subject.engine.asked('POST', /images\/create/);
    expect(request?.auth).toEqual({ username: 'ada', password: 'pä ss+/=', serveraddress: 'ghcr.io' });
    expect(String(request?.query)).not.toContain('ada');
    expect(JSON.stringify(subject.engine.asked('POST', /containers/).map(({ body }) => body))).not.toContain(
      'ss+',
    );
  });

  it('that is denied says what to do, without the password', async () => {
    const one = executor();
    subject.engine.registry.set(image, {});
    subject.engine.users.set('ada', 'right');
    const error = await failureOf(run(one, { image, auth: { username: 'ada', password: 'wrong-secret' } }));
    expect(error.message).toContain(`the image ${image} cannot be pulled: pull access denied`);
    expect(error.hint).toMatch(/say so with auth/);
    expect(JSON.stringify(error) + String(error.stack)).not.toContain('wrong-secret');
  });

  it.each([
    [{ username: 'ada' }, /has both password and passwordEnv, or neither/],
    [{ username: 'ada', password: 'x-secret', passwordEnv: 'X' }, /has both/],
    [{ username: 'ada', passwordEnv: 'NOT_SET_ANYWHERE' }, /"NOT_SET_ANYWHERE", which is not set/],
    [{ username: '', password: 'x-secret' }, /has no username/],
    [{ username: 'ada', pass: 'x-secret' }, /has pass; allowed/],
  ])('with half an auth is refused before anything is asked: %j', async (auth, message) => {
    const error = await failureOf(run(executor(), { auth: auth as { username: string } }));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toMatch(message);
    expect(JSON.stringify(error) + error.message).not.toContain('x-secret');
    expect(subject.engine.requests).toEqual([]);
  });

  it('of an unknown image fails with the words of the registry', async () => {
    const error = await failureOf(run(executor(), { image: 'no/such' }));
    expect(error).toMatchObject({ code: 'TASK_FAILED', details: { image: 'no/such:latest' } });
    expect(error.message).toMatch(/cannot be pulled: manifest for no\/such:latest not found/);
  });

  it('whose error comes inside of a good answer fails too', async () => {
    const one = executor();
    subject.engine.faults.pullLines = [
      { status: 'Pulling from owner/tool' },
      { errorDetail: { message: 'no space left on device' }, error: 'no space left on device' },
      { status: 'Done' },
    ];
    const error = await failureOf(run(one, { image }));
    expect(error.message).toBe(`the image ${image} cannot be pulled: no space left on device`);
    expect(subject.engine.asked('POST', /containers/)).toEqual([]);
  });

  it('is ended on the engine too when the task is stopped, and no container is made', async () => {
    const one = executor();
    subject.engine.registry.set(image, {});
    subject.engine.faults.pullHangs = true;
    const probe = run(one, { image });
    await until(() => progressOf(probe).length > 0);
    const reason = new TerminatedError('enough');
    probe.stop(reason);
    const error = await failureOf(probe);
    expect(error).toBeInstanceOf(TerminatedError);
    expect(error.message).toMatch(/was asked to stop before it was started/);
    expect(error.details).toMatchObject({ forced: false });
    await until(() => subject.engine.abortedPulls === 1);
    expect(subject.engine.asked('POST', /containers/)).toEqual([]);
    await endsOnce(probe);
  });

  it('that breaks off fails the task: half an image is none', async () => {
    const one = executor();
    subject.engine.registry.set(image, {});
    subject.engine.faults.pullHangs = true;
    const probe = run(one, { image });
    await until(() => progressOf(probe).length > 0);
    subject.engine.crash();
    expect(await failureOf(probe)).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE' });
    await endsOnce(probe);
  });
});

describe('what is begun with the attempt', () => {
  it('says which container it is, what it comes to, and is told when it is over', async () => {
    let overs = 0;
    const over = (): void => {
      overs += 1;
      expect([...subject.engine.containers.keys()]).toEqual([]);
    };
    const one = executor();
    const good = run(one, {
      image: 'not-this-one',
      begin: ({ attempt }) => ({
        image: IMAGE,
        command: `echo ${attempt}`,
        succeeded: ({ stdout }) => stdout,
        over,
      }),
    });
    expect(await good.value()).toBe('1\n');
    const bad = run(one, {
      begin: async () => ({
        image: IMAGE,
        command: 'exit 4',
        failed: (_, { exitCode }) => new RangeError(`${exitCode}`),
        over,
      }),
    });
    expect(await bad.error()).toEqual(new RangeError('4'));
    const thrown = run(one, {
      begin: () => ({
        image: IMAGE,
        command: 'true',
        succeeded: () => {
          throw new RangeError('not good');
        },
        over,
      }),
    });
    expect(await thrown.error()).toEqual(new RangeError('not good'));
    expect(overs).toBe(3);
  });

  it('is told that it is over also when it comes after the attempt was stopped', async () => {
    let give: (image: { readonly image: string; readonly over: () => void }) => void = () => {};
    let overs = 0;
    const probe = run(executor(), {
      begin: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    });
    await loopTurns(2);
    probe.stop(new TerminatedError('enough'));
    expect(await failureOf(probe)).toMatchObject({ code: 'TERMINATED' });
    give({ image: IMAGE, over: () => (overs += 1) });
    await until(() => overs === 1);
    expect(subject.engine.requests).toEqual([]);
  });

  it('that throws fails the attempt with what it threw', async () => {
    const error = new RangeError('no value');
    const probe = run(executor(), {
      begin: () => {
        throw error;
      },
    });
    expect(await probe.error()).toBe(error);
  });
});
