import { describe, expect, it } from 'vitest';
import type { AttemptReports, AttemptRequest, Executor } from '../../../src/executors/executor.ts';
import { lateExecutor } from '../../../src/executors/late.ts';

/** Writes down what it is asked, and ends nothing. */
class Diary implements Executor {
  readonly name = 'diary';
  readonly accepts = ['command'] as const;
  readonly canKill = true;
  readonly lines: string[] = [];

  start({ args }: AttemptRequest): ReturnType<Executor['start']> {
    const [name] = args;
    this.lines.push(`start ${name}`);
    return {
      stop: (reason) => void this.lines.push(`stop ${name} ${reason}`),
      kill: () => void this.lines.push(`kill ${name}`),
    };
  }

  async close(): Promise<void> {
    this.lines.push('close');
  }
}

const request = (name: string) => ({ args: [name] }) as unknown as AttemptRequest;

function reports() {
  const failures: unknown[] = [];
  const given: AttemptReports = {
    succeeded: () => {},
    failed: (error) => void failures.push(error),
    suspended: () => {},
  };
  return { failures, given };
}

const quiet = reports().given;
const turn = () => new Promise((resolve) => setImmediate(resolve));
const unavailable = expect.objectContaining({ code: 'EXECUTOR_UNAVAILABLE' });

function lateDiary() {
  const diary = new Diary();
  let loads = 0;
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const load = async () => {
    loads += 1;
    await arrived;
    return diary;
  };
  const executor = lateExecutor('diary', ['command'], load);
  return { executor, diary, arrive, loads: () => loads };
}

describe('an executor that is loaded late', () => {
  it('is loaded once, by the first attempt', async () => {
    const { executor, arrive, loads } = lateDiary();
    expect(loads()).toBe(0);
    executor.start(request('a'), quiet);
    executor.start(request('b'), quiet);
    arrive();
    await turn();
    executor.start(request('c'), quiet);
    expect(loads()).toBe(1);
  });

  it('hears of attempts in their order, and of what each was asked while it was loaded: a stop is not lost', async () => {
    const { executor, diary, arrive } = lateDiary();
    const a = executor.start(request('a'), quiet);
    const b = executor.start(request('b'), quiet);
    b.stop('enough');
    b.kill?.();
    arrive();
    await turn();
    a.stop('late');
    executor.start(request('c'), quiet);
    expect(diary.lines).toEqual(['start a', 'start b', 'stop b enough', 'kill b', 'stop a late', 'start c']);
  });

  it('that cannot be loaded fails its attempts, and the next one tries again', async () => {
    const diary = new Diary();
    let missing = true;
    const executor = lateExecutor('diary', ['command'], async () => {
      if (missing) throw new Error('no such module');
      return diary;
    });
    const { failures, given } = reports();
    executor.start(request('a'), given);
    expect(failures).toEqual([]);
    await turn();
    expect(failures).toEqual([unavailable]);
    missing = false;
    executor.start(request('b'), given);
    await turn();
    expect(diary.lines).toEqual(['start b']);
  });

  it('is closed behind it, also when it is still being loaded', async () => {
    const { executor, diary, arrive } = lateDiary();
    executor.start(request('a'), quiet);
    const closed = executor.close();
    arrive();
    await closed;
    expect(diary.lines).toEqual(['start a', 'close']);
  });

  it('is not loaded to be closed, nor for an attempt after that', async () => {
    const { executor, loads } = lateDiary();
    await executor.close();
    const { failures, given } = reports();
    executor.start(request('a'), given);
    expect(failures).toEqual([]);
    await turn();
    expect(failures).toEqual([unavailable]);
    expect(loads()).toBe(0);
  });
});
