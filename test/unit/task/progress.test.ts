/** What a body may say of its progress. Hunted: a percentage that breaks every progress bar after it. */
import { describe, expect, it } from 'vitest';
import { Task } from '../../../src/index.ts';
import { ofTask, real } from './kit.ts';

const wrong: readonly (readonly [string, readonly unknown[]])[] = [
  ['neither', []],
  ['null', [null]],
  ['a percentage that is text', ['50']],
  ['a percentage that is true', [true]],
  ['no number', [Number.NaN]],
  ['an endless one', [Number.POSITIVE_INFINITY]],
  ['less than nothing', [-0.1]],
  ['more than all', [100.1]],
  ['a message that is no text', [5, 5]],
];

describe('emitProgress', () => {
  it.each(wrong)('refuses %s', async (_, args) => {
    const { scheduler, events } = real({
      handlers: {
        mine: ({ emitProgress }) => (emitProgress as (...args: readonly unknown[]) => void)(...args),
      },
    });
    for (const task of [
      Task.custom('mine', 1),
      Task.call(({ emitProgress }) => (emitProgress as (...args: readonly unknown[]) => void)(...args)),
    ]) {
      const error = await scheduler.runTask(task).exception();
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(events.filter(({ type }) => type === 'task:progress')).toEqual([]);
  });

  it('tells a percentage, a message or both, also once the task is to stop', async () => {
    const { scheduler, events } = real();
    const task = Task.call(({ emitProgress }) => {
      emitProgress(0);
      emitProgress(100, '');
      emitProgress(undefined, 'm');
    });
    const handle = scheduler.runTask(task);
    await handle.result();
    const told = ofTask(events, handle).filter(({ type }) => type === 'task:progress');
    expect(told).toMatchObject([{ percent: 0 }, { percent: 100, message: '' }, { message: 'm' }]);
  });
});
