/**
 * Serving a folder, a year of it in seconds. The hunted bugs: a time that runs twice or never, one that is lost without
 * a word, a broken file that stops the others, a timer that drifts or is left behind.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { at, World, waiting, workflowText } from './kit.ts';

let world: World;
afterEach(() => world.end());

const DAY = 86_400_000;
const HOUR = 3_600_000;

describe('schedules', () => {
  it('run at every one of their times for a year, also across clock changes, and never otherwise', async () => {
    world = new World('2026-01-01T00:00:30Z');
    world.put(
      'nightly.yml',
      workflowText('nightly', { cron: [{ cronjob: '30 2 * * *', timezone: 'Europe/Berlin' }] }),
    );
    const service = await world.serve({ lookMs: DAY });
    await world.clock.advanceTo(at('2027-01-01T00:00:00Z'));
    expect([world.count('submitted'), world.count('succeeded'), world.lines.length]).toEqual([365, 365, 730]);
    expect(world.lines).toContain('submitted nightly@2026-01-01T01:30Z');
    // 2:30 does not exist on that day: the first minute after it does.
    expect(world.lines).toContain('submitted nightly@2026-03-29T01:00Z');
    expect(world.lines).toContain('submitted nightly@2026-07-01T00:30Z');
    // 2:30 exists twice on that day: the first one counts.
    expect(world.lines).toContain('submitted nightly@2026-10-25T00:30Z');
    expect(world.lines).not.toContain('submitted nightly@2026-10-25T01:30Z');
    await service.close();
    expect(world.clock.pending).toBe(0);
  });

  it('start in their minute, not a look later', async () => {
    world = new World('2026-01-01T00:00:17Z');
    world.put('often.yml', workflowText('often', { cron: ['*/7 * * * *'] }));
    await world.serve();
    await world.clock.advance(3 * HOUR);
    const runs = await world.store.runs.list({ limit: 100 });
    expect(runs).toHaveLength(27);
    for (const { id, createdAt } of runs)
      expect(new Date(createdAt).toISOString()).toBe(`${id.slice('often@'.length, -1)}:00.000Z`);
  });

  it('of two workflows in one minute both run', async () => {
    world = new World('2026-01-01T00:00:00Z');
    world.put('a.yml', workflowText('a', { cron: ['0 1 * * *'] }));
    world.put('b.yaml', workflowText('b', { cron: ['0 1 * * *', '0 * * * *'] }));
    await world.serve();
    await world.clock.advanceTo(at('2026-01-01T01:00:00Z'));
    expect(await world.runs()).toEqual([
      'succeeded a@2026-01-01T01:00Z',
      'succeeded b@2026-01-01T00:00Z',
      'succeeded b@2026-01-01T01:00Z',
    ]);
  });

  it('that fail are told of, and come again at their next time', async () => {
    world = new World('2026-01-01T00:00:00Z');
    world.put('a.yml', workflowText('a', { cron: ['30 * * * *'], fails: true }));
    await world.serve();
    await world.clock.advance(2 * HOUR);
    expect(await world.runs()).toEqual(['failed a@2026-01-01T00:30Z', 'failed a@2026-01-01T01:30Z']);
  });
});

describe('a release', () => {
  it('is given the input that its file stands for, by its path', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'] }));
    await world.serve({ inputOf: (file) => ({ file }) });
    await world.clock.advance(HOUR);
    expect((await world.store.runs.get('a@2026-01-01T01:00Z'))?.input).toEqual({
      file: `${world.folder}/a.yml`,
    });
  });
});

describe('times that were missed', () => {
  const hourly = workflowText('hourly', { cron: ['0 * * * *'] });

  it('while no server was there are recorded as cancelled runs with the reason, and do not run', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('hourly.yml', hourly);
    await (await world.serve()).close();
    await world.clock.advance(3 * HOUR);
    await world.serve();
    expect(await world.runs()).toEqual([
      'cancelled missed hourly@2026-01-01T01:00Z',
      'cancelled missed hourly@2026-01-01T02:00Z',
      'cancelled missed hourly@2026-01-01T03:00Z',
    ]);
    await world.clock.advance(HOUR);
    expect(world.lines.slice(-2)).toEqual([
      'submitted hourly@2026-01-01T04:00Z',
      'succeeded hourly@2026-01-01T04:00Z',
    ]);
  });

  it('are known although the schedule had never run before', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('daily.yml', workflowText('daily', { cron: ['0 2 * * *'] }));
    await (await world.serve()).close();
    await world.clock.advance(DAY);
    await world.serve();
    expect(await world.runs()).toEqual(['cancelled missed daily@2026-01-01T02:00Z']);
  });

  it('run with catchUp, the newest of each workflow and only that', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('hourly.yml', hourly);
    await (await world.serve()).close();
    await world.clock.advance(3 * HOUR);
    await world.serve({ catchUp: true });
    expect(await world.runs()).toEqual([
      'cancelled missed hourly@2026-01-01T01:00Z',
      'cancelled missed hourly@2026-01-01T02:00Z',
      'succeeded hourly@2026-01-01T03:00Z',
    ]);
  });

  it('are none when the server comes back within the minute of a time', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('hourly.yml', hourly);
    await (await world.serve()).close();
    await world.clock.advanceTo(at('2026-01-01T01:00:59Z'));
    await world.serve();
    expect(await world.runs()).toEqual(['succeeded hourly@2026-01-01T01:00Z']);
  });

  it('are recorded when the clock jumps forward while the server runs', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('hourly.yml', hourly);
    let offset = 0;
    const jumping = { ...plainClock(world), now: () => world.clock.now() + offset };
    await world.serve({ clock: jumping });
    offset = 2 * HOUR;
    await world.clock.advance(60_000);
    expect(world.lines).toEqual(['missed hourly@2026-01-01T01:00Z', 'missed hourly@2026-01-01T02:00Z']);
  });

  it('are the newest hundred after a long time, with a word on the rest', async () => {
    world = new World('2026-01-01T00:00:30Z');
    world.put('often.yml', workflowText('often', { cron: ['* * * * *'] }));
    await (await world.serve()).close();
    await world.clock.advance(30 * DAY);
    await world.serve();
    expect(world.count('missed')).toBe(99);
    expect(world.told.find(({ type }) => type === 'release:missed')).toMatchObject({ hasEarlier: true });
  });

  it('are not made up for a schedule that was new, changed or put back meanwhile', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'] }));
    await (await world.serve()).close();
    await world.clock.advance(3 * HOUR);
    world.put('a.yml', workflowText('a', { cron: ['5 * * * *'] }));
    world.put('b.yml', workflowText('b', { cron: ['0 * * * *'] }));
    await world.serve();
    expect(world.lines).toEqual([]);
  });

  it('are those too that could not be submitted: the next server knows', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('hourly.yml', hourly);
    const scheduler = world.scheduler();
    const service = await world.serve({ scheduler });
    scheduler.shutdown();
    await world.clock.advance(HOUR);
    expect(world.lines).toEqual([
      expect.stringMatching(/^failed hourly@2026-01-01T01:00Z: the scheduler is/),
    ]);
    await service.close();
    await world.serve();
    expect(await world.runs()).toEqual(['cancelled missed hourly@2026-01-01T01:00Z']);
  });

  it('while a release was still running are recorded as overlaps', async () => {
    world = new World('2026-01-01T00:00:30Z');
    world.put('slow.yml', workflowText('slow', { cron: ['*/10 * * * *'], sleep: 1_500 }));
    await world.serve();
    await world.clock.advance(HOUR);
    expect(world.lines).toEqual([
      'submitted slow@2026-01-01T00:10Z',
      'overlap slow@2026-01-01T00:20Z',
      'overlap slow@2026-01-01T00:30Z',
      'succeeded slow@2026-01-01T00:10Z',
      'submitted slow@2026-01-01T00:40Z',
      'overlap slow@2026-01-01T00:50Z',
      'overlap slow@2026-01-01T01:00Z',
    ]);
  });

  it('can be run after all, by resuming them', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('hourly.yml', hourly);
    await (await world.serve()).close();
    await world.clock.advance(HOUR);
    await world.serve();
    const handle = world.scheduler().resume<{ status: string }>('hourly@2026-01-01T01:00Z');
    await world.settle();
    expect((await handle.result()).status).toBe('SUCCESS');
    expect(await world.runs()).toEqual(['succeeded hourly@2026-01-01T01:00Z']);
  });
});

describe('a time is released once', () => {
  it('although the clock is set back over it', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('hourly.yml', workflowText('hourly', { cron: ['0 * * * *'] }));
    let offset = 0;
    const jumping = { ...plainClock(world), now: () => world.clock.now() + offset };
    await world.serve({ clock: jumping });
    await world.clock.advance(HOUR);
    offset = -HOUR;
    await world.clock.advance(2 * HOUR);
    expect(world.count('submitted')).toBe(2);
    expect(await world.runs()).toEqual([
      'succeeded hourly@2026-01-01T01:00Z',
      'succeeded hourly@2026-01-01T02:00Z',
    ]);
  });

  it('and those after it come, although the clock was a year ahead for a moment', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('daily.yml', workflowText('daily', { cron: ['0 2 * * *'] }));
    let offset = 0;
    const jumping = { ...plainClock(world), now: () => world.clock.now() + offset };
    await world.serve({ clock: jumping });
    offset = 365 * DAY;
    await world.clock.advance(60_000);
    expect(world.count('missed')).toBe(100);
    offset = 0;
    await world.clock.advance(2 * DAY);
    expect(world.lines.slice(-2)).toEqual([
      'submitted daily@2026-01-02T02:00Z',
      'succeeded daily@2026-01-02T02:00Z',
    ]);
  });

  it('although two servers serve the folder', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('hourly.yml', workflowText('hourly', { cron: ['0 * * * *'] }));
    await world.serve();
    await world.serve();
    await world.clock.advance(5 * HOUR);
    expect([world.count('submitted'), world.count('succeeded'), world.lines.length]).toEqual([5, 5, 10]);
  });

  it('although what was served was forgotten', async () => {
    world = new World('2026-01-01T01:00:00Z');
    world.put('hourly.yml', workflowText('hourly', { cron: ['0 * * * *'] }));
    await (await world.serve()).close();
    await world.serve({ memory: { read: () => new Map(), write: () => {} } });
    expect(world.count('submitted')).toBe(1);
  });
});

describe('on.release', () => {
  it('runs the named workflows after a release that succeeded, and blocks them after one that failed', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'], release: ['after'], sleep: 60 }));
    world.put('b.yml', workflowText('b', { cron: ['0 * * * *'], release: ['after'], fails: true }));
    world.put('after.yml', workflowText('after'));
    await world.serve();
    await world.clock.advance(HOUR);
    expect(await world.runs()).toEqual([
      'blocked b@2026-01-01T01:00Z after@2026-01-01T01:00Z+b',
      'failed b@2026-01-01T01:00Z',
      'succeeded a@2026-01-01T01:00Z',
      'succeeded after@2026-01-01T01:00Z+a',
    ]);
    const ended = world.lines.filter((line) => line.startsWith('succeeded'));
    expect(ended).toEqual(['succeeded a@2026-01-01T01:00Z', 'succeeded after@2026-01-01T01:00Z+a']);
  });

  it('of a workflow that is not there is told, and harms nothing else', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'], release: ['nobody'] }));
    await world.serve();
    await world.clock.advance(HOUR);
    expect(world.lines).toContain(
      'failed nobody@2026-01-01T01:00Z+a: a releases nobody, which is no workflow of this folder',
    );
    expect(await world.runs()).toEqual(['succeeded a@2026-01-01T01:00Z']);
  });
});

describe('files', () => {
  it('that are broken, that need parameters, or that share a name are left out with a word; the others run', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('broken.yml', 'name: [');
    world.put(
      'asks.yml',
      workflowText('asks', { cron: ['0 * * * *'], params: '{ who: { type: str, required: true } }' }),
    );
    world.put('copy.yml', workflowText('good', { cron: ['0 * * * *'] }));
    world.put('good.yml', workflowText('good', { cron: ['0 * * * *'] }));
    world.put('notes.txt', 'no workflow');
    const service = await world.serve();
    const refused = world.told.flatMap((one) =>
      one.type === 'workflow:refused' ? [`${one.file}: ${one.error.message}`] : [],
    );
    expect(refused).toHaveLength(3);
    expect(refused.join('\n')).toMatch(
      /asks\.yml[\s\S]*who[\s\S]*broken\.yml[\s\S]*copy\.yml has the name of good\.yml/,
    );
    expect(service.workflows.map(({ file }) => file)).toEqual(['good.yml']);
    await world.clock.advance(HOUR);
    expect(await world.runs()).toEqual(['succeeded good@2026-01-01T01:00Z']);
  });

  it('are read again when they change, and served as they are then', async () => {
    world = new World('2026-01-01T00:30:30Z');
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'] }));
    const service = await world.serve();
    world.put('a.yml', workflowText('a', { cron: ['40 * * * *'] }));
    world.put('new.yml', workflowText('new', { cron: ['50 * * * *'] }));
    await world.clock.advance(60_000);
    await world.until('workflow:read', 3);
    expect(service.workflows.map(({ file }) => file)).toEqual(['a.yml', 'new.yml']);
    await world.clock.advanceTo(at('2026-01-01T01:30:00Z'));
    expect(await world.runs()).toEqual(['succeeded a@2026-01-01T00:40Z', 'succeeded new@2026-01-01T00:50Z']);
  });

  it('that break for a while miss what came in between, and say so', async () => {
    world = new World('2026-01-01T00:30:30Z');
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'] }));
    await world.serve();
    world.put('a.yml', 'name: [');
    await world.clock.advance(60_000);
    await world.until('workflow:refused');
    await world.clock.advance(HOUR);
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'] }));
    await world.clock.advance(60_000);
    await world.until('workflow:read', 2);
    await world.settle();
    expect(world.lines).toEqual(['missed a@2026-01-01T01:00Z']);
  });

  it('that go are not served any more, and miss nothing when they come back', async () => {
    world = new World('2026-01-01T00:30:30Z');
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'] }));
    const service = await world.serve();
    rmSync(`${world.folder}/a.yml`);
    await world.clock.advance(60_000);
    await world.until('workflow:gone');
    expect(service.workflows).toEqual([]);
    await world.clock.advance(2 * HOUR);
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'] }));
    await world.clock.advance(60_000);
    await world.until('workflow:read', 2);
    expect(world.lines).toEqual([]);
  });

  it('stay served when the whole folder cannot be read for a while', async () => {
    world = new World('2026-01-01T00:30:30Z');
    world.put('a.yml', workflowText('a', { cron: ['0 * * * *'] }));
    const warned: string[] = [];
    const logger = {
      debug: () => {},
      info: () => {},
      warn: (text: string) => void warned.push(text),
      error: () => {},
    };
    await world.serve({ logger });
    rmSync(world.folder, { recursive: true });
    await world.clock.advance(HOUR);
    expect(await world.runs()).toEqual(['succeeded a@2026-01-01T01:00Z']);
    expect(warned).toHaveLength(1);
    mkdirSync(world.folder);
    await world.clock.advance(120_000);
    expect(warned).toHaveLength(2);
  });
});

describe('closing', () => {
  it('takes nothing new and waits for what runs', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put('slow.yml', workflowText('slow', { cron: ['0 * * * *'], sleep: 3_000 }));
    const service = await world.serve();
    await world.clock.advance(HOUR);
    let isClosed = false;
    const closing = service.close().then(() => {
      isClosed = true;
    });
    await world.clock.advance(HOUR / 4);
    expect(isClosed).toBe(false);
    await world.clock.advance(HOUR / 4);
    await closing;
    expect(world.lines).toEqual(['submitted slow@2026-01-01T01:00Z', 'succeeded slow@2026-01-01T01:00Z']);
    expect(world.clock.pending).toBe(0);
  });

  it('is over at once when the scheduler is closed with suspend; the next server goes on with what was left', async () => {
    world = new World('2026-01-01T00:30:00Z');
    world.put(
      'slow.yml',
      `name: slow
on: { schedule: [{ cronjob: '0 * * * *' }], release: [after] }
jobs:
  first: { stages: [${JSON.stringify(waiting('one', 600))}] }
  second: { needs: [first], stages: [${JSON.stringify(waiting('two', 600))}] }
`,
    );
    world.put('after.yml', workflowText('after'));
    const scheduler = world.scheduler();
    const service = await world.serve({ scheduler });
    await world.clock.advanceTo(at('2026-01-01T01:05:00Z'));
    const closing = Promise.all([service.close(), scheduler.close({ mode: 'suspend' })]);
    await world.clock.advance(600_000);
    await closing;
    expect(await world.runs()).toEqual([
      'queued after@2026-01-01T01:00Z+slow',
      'running slow@2026-01-01T01:00Z',
    ]);
    world.told.length = 0;
    await world.serve();
    expect(world.lines).toEqual(['resumed slow@2026-01-01T01:00Z', 'resumed after@2026-01-01T01:00Z+slow']);
    await world.clock.advance(700_000);
    expect(await world.runs()).toEqual([
      'succeeded after@2026-01-01T01:00Z+slow',
      'succeeded slow@2026-01-01T01:00Z',
    ]);
  });
});

describe('wrong options', () => {
  it.each([
    [
      { folder: '/no/such/folder' },
      /folder of workflows was "\/no\/such\/folder"; allowed: a folder that can be read/,
    ],
    [{ scheduler: {} }, /scheduler was an object; allowed: a Scheduler/],
    [{ lookMs: 0 }, /lookMs was 0; allowed: milliseconds/],
    [{ catchup: true }, /catchup/],
  ])('%o are refused before anything starts', async (options, message) => {
    world = new World('2026-01-01T00:30:00Z');
    await expect(world.serve(options as object)).rejects.toThrow(message);
    expect(world.clock.pending).toBe(0);
  });
});

/** The clock of the world, to be bent. */
function plainClock({ clock }: World) {
  return {
    setTimeout: (fn: () => void, delayMs: number) => clock.setTimeout(fn, delayMs),
    clearTimeout: (token: unknown) => clock.clearTimeout(token),
    setImmediate: (fn: () => void) => clock.setImmediate(fn),
  };
}
