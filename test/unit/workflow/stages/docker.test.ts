/** The docker stage: what it renders, what its container leaves, how it fails. On a small engine of our own. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StageError, TerminatedError } from '../../../../src/core/errors.ts';
import { dockerExecutor } from '../../../../src/executors/docker/index.ts';
import type { Executor } from '../../../../src/executors/executor.ts';
import { ExecutorProbe } from '../../../../src/testing/executor-probe.ts';
import { BUILT_IN_FILTERS, render } from '../../../../src/workflow/expressions/index.ts';
import type { DockerStage } from '../../../../src/workflow/model.ts';
import { dockerStage } from '../../../../src/workflow/stages/docker.ts';
import type { LeafHost } from '../../../../src/workflow/stages/leaf.ts';
import { type CreateBody, FakeEngine } from '../../../fixtures/docker-engine.ts';

let engine: FakeEngine;
let executor: Executor;
let folder = '';
beforeAll(async () => {
  engine = await FakeEngine.start();
});
beforeEach(() => {
  executor = dockerExecutor({ connection: { socketPath: engine.socketPath } });
  folder = mkdtempSync(join(tmpdir(), 'docker-stage-'));
});
afterEach(async () => {
  await executor.close();
  engine.reset();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => engine.stop());

/** An image that runs this line. */
function image(name: string, line: string): void {
  engine.registry.set(name, { entrypoint: ['/bin/sh', '-c', line] });
}

function attempt(stage: Partial<DockerStage>, params: Readonly<Record<string, unknown>> = {}): ExecutorProbe {
  const options = { filters: BUILT_IN_FILTERS, env: { TOKEN: 'from-the-host' } };
  const host = {
    surroundings: { workingFolder: folder },
    render: (value: unknown) => render(value, { params }, { ...options, expandsEnv: true }),
  } as unknown as LeafHost;
  const work = dockerStage(
    {
      kind: 'docker',
      image: 'tool',
      tag: 'latest',
      env: {},
      volume: {},
      auth: {},
      path: [],
      description: '',
      condition: null,
      extras: {},
      resources: undefined,
      executor: undefined,
      timeoutMs: undefined,
      raiseOnError: undefined,
      id: undefined,
      name: 'the stage',
      retry: undefined,
      ...stage,
    },
    host,
  );
  return new ExecutorProbe(executor, { work });
}

describe('a docker stage', () => {
  it('has the object in outputs.json as its outputs', async () => {
    image('tool:latest', `printf '{"rows": 3, "by": {"day": [1]}}' > "$LOGS/outputs.json"`);
    expect(await attempt({}).value()).toEqual({ rows: 3, by: { day: [1] } });
  });

  it('has no outputs where its container leaves none', async () => {
    image('tool:latest', 'true');
    expect(await attempt({}).value()).toEqual({});
  });

  it('streams its lines', async () => {
    image('tool:latest', 'echo one; echo two');
    const probe = attempt({});
    await probe.end();
    expect(probe.output).toEqual(['one', 'two']);
  });

  it('renders image, tag, env, volumes and auth, each when its attempt begins', async () => {
    mkdirSync(join(folder, 'in'));
    image(
      'ghcr.io/owner/tool:1.5',
      'printf \'{"n": %s, "on": "%s", "none": "%s", "map": %s}\' "$N" "$ON" "$NONE" "$MAP" > "$LOGS/outputs.json"',
    );
    engine.users.set('ada', 'from-the-host');
    const probe = attempt(
      {
        image: 'ghcr.io/${{ params.owner }}/tool',
        tag: '${{ params.version }}',
        env: { N: 5, ON: true, NONE: null, MAP: '${{ params.map }}' },
        volume: { in: '/${{ params.owner }}' },
        auth: { username: '${{ params.user }}', password: '${TOKEN}' },
      },
      { owner: 'owner', version: 1.5, user: 'ada', map: { a: 1 } },
    );
    expect(await probe.value()).toEqual({ n: 5, on: 'true', none: '', map: { a: 1 } });
    expect(engine.asked('POST', /images\/create/)[0]?.auth).toEqual({
      username: 'ada',
      password: 'from-the-host',
    });
    const body = engine.asked('POST', /containers\/create/)[0]?.body as unknown as CreateBody | undefined;
    const [mount] = body?.HostConfig.Mounts ?? [];
    expect(mount).toMatchObject({ Source: expect.stringMatching(/\/in$/), Target: '/owner' });
  });

  it('never makes a value of a parameter into shell text', async () => {
    image('tool:latest', 'printf "%s" "$VALUE"');
    const value = '$(touch /tmp/injected); `id` "; exit 9; #';
    const probe = attempt({ env: { VALUE: '${{ params.value }}' } }, { value });
    await probe.value();
    expect(probe.output).toEqual([value]);
  });

  it.each(['../containers/x', 'a b', 'x?fromSrc=-', ''])(
    'refuses a parameter that makes the image %j, before anything is asked',
    async (name) => {
      const error = await attempt({ image: '${{ params.name }}' }, { name }).error();
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(engine.requests).toEqual([]);
    },
  );

  it('with an image that says its version needs no tag', async () => {
    image('tool:3', 'true');
    expect(await attempt({ image: 'tool:3' }).value()).toEqual({});
  });

  it('fails with the name, the code and the words of its container', async () => {
    image('tool:latest', 'echo out; echo "no luck" >&2; exit 4');
    const error = (await attempt({}).error()) as StageError;
    expect(error).toBeInstanceOf(StageError);
    expect(error.message).toBe("Container of image 'tool:latest' returned non-zero exit status 4: no luck");
    expect(error.details).toMatchObject({
      errorName: 'ContainerError',
      exitCode: 4,
      image: 'tool:latest',
      stdout: 'out\n',
      stderr: 'no luck\n',
    });
  });

  it('shows the end of what its container said, not all of it', async () => {
    image('tool:latest', 'seq 1 5000 >&2; exit 1');
    const { message } = (await attempt({}).error()) as StageError;
    expect(message.length).toBeLessThan(2_200);
    expect(message).toMatch(/: \.\.\.[\d\n]*\n5000$/);
  });

  it('refuses a volume from outside of the working folder', async () => {
    image('tool:latest', 'true');
    const error = await attempt({ volume: { '../x': '/x' } }).error();
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('does not show a password in a wrong auth', async () => {
    const error = (await attempt({ auth: { user: 'ada', password: 'very-secret' } }).error()) as Error;
    expect(error.message).toMatch(/auth of a container has user; allowed/);
    expect(error.message + JSON.stringify(error)).not.toContain('very-secret');
  });

  it('is stopped as every task is, not failed', async () => {
    image('tool:latest', "trap 'exit 1' TERM; echo ready; while :; do sleep 0.05; done");
    const probe = attempt({});
    await probe.wrote('ready');
    probe.stop(new TerminatedError('enough'));
    expect(await probe.error()).toBeInstanceOf(TerminatedError);
  });
});
