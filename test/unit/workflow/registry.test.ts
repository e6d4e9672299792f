import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SignalboxError } from '../../../src/core/errors.ts';
import { defaultRegistry, Registry, register, registerFilter } from '../../../src/workflow/registry.ts';

const nothing = (): object => ({});

describe('a registry', () => {
  it('finds a function by path, name and tag; the tag is `latest` when it is left out', () => {
    const registry = new Registry();
    registry.register('tasks', 'load/csv', nothing);
    registry.register('tasks', 'load/csv', 'v2', nothing);
    expect(registry.find('tasks/load/csv@latest')).toMatchObject({ func: 'load/csv', tag: 'latest' });
    expect(registry.find('tasks/load/csv@v2')).toMatchObject({ tag: 'v2' });
    expect(registry.names).toEqual(['tasks/load/csv@latest', 'tasks/load/csv@v2']);
  });

  it('refuses the same name and tag twice: the second would silently win', () => {
    const registry = new Registry();
    registry.register('tasks', 'load', nothing);
    expect(thrown(() => registry.register('tasks', 'load', 'latest', nothing))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('tasks/load@latest'),
    });
  });

  it.each([
    ['a/b', 'f', 'latest'],
    ['', 'f', 'latest'],
    ['a@b', 'f', 'latest'],
    ['a', 'f@g', 'latest'],
    ['a', '', 'latest'],
    ['a', 'f', ''],
  ])('refuses names that `uses` cannot say: %j %j %j', (path, func, tag) => {
    expect(thrown(() => new Registry().register(path, func, tag, nothing)).code).toBe('INVALID_ARGUMENT');
  });

  it('refuses what is no function and no schema', () => {
    const registry = new Registry();
    expect(thrown(() => registry.register('a', 'f', 'v1', 'x' as never)).code).toBe('INVALID_ARGUMENT');
    expect(thrown(() => registry.register('a', 'f', nothing, { input: {} as never })).message).toContain(
      'input of a/f@latest',
    );
  });

  it('says what is registered, and what was probably meant', () => {
    const registry = new Registry();
    registry.register('tasks', 'load', 'v1', nothing);
    expect(thrown(() => registry.find('tasks/laod@v1'))).toMatchObject({
      code: 'CALL_NOT_REGISTERED',
      message: "`tasks` has no function registered as 'laod'; registered: tasks/load@v1",
      hint: 'did you mean tasks/load@v1?',
    });
    expect(thrown(() => registry.find('tasks/load@v2')).message).toBe(
      "tag 'v2' not found on registered function 'tasks/load'; registered: tasks/load@v1",
    );
    expect(thrown(() => registry.find('tasks.load')).message).toContain(
      'does not match with the call regex format',
    );
    expect(thrown(() => new Registry().find('a/b@c')).hint).toContain('--import');
  });

  it('has the built-in filters, and takes more', () => {
    const registry = new Registry();
    registry.registerFilter('shout', (value) => `${value}!`);
    expect(registry.filters.find('shout')?.('a', [], {})).toBe('a!');
    expect(registry.filters.find('coalesce')).toBeDefined();
    expect(new Registry().filters.find('shout')).toBeUndefined();
    expect(thrown(() => registry.registerFilter('shout', () => '')).code).toBe('INVALID_ARGUMENT');
    expect(thrown(() => registry.registerFilter('other', 1 as never)).code).toBe('INVALID_ARGUMENT');
  });

  it('infers what the function gets from the schema', () => {
    const input = z.object({ n: z.coerce.number() });
    register('typed', 'twice', ({ n }: { n: number }) => ({ n: n * 2 }), { input });
    registerFilter('typedTwice', (value) => value);
    expect(defaultRegistry.names).toContain('typed/twice@latest');
  });
});

function thrown(fn: () => unknown): SignalboxError {
  try {
    fn();
  } catch (error) {
    return error as SignalboxError;
  }
  return expect.unreachable('it was to throw');
}
