import { describe, expect, expectTypeOf, it } from 'vitest';
import { defineTask, isTaskDefinition, type TaskDefinition } from '../../../src/executors/define-task.ts';
import { builtInExecutors } from '../../../src/executors/registry.ts';
import {
  type StandardResult,
  type StandardSchema,
  validateStandard,
} from '../../../src/executors/standard-schema.ts';

const module = new URL('../../fixtures/thread-bodies.mjs', import.meta.url);

function schema<I, O>(
  validate: (value: unknown) => StandardResult<O> | Promise<StandardResult<O>>,
): StandardSchema<I, O> {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

/** Takes '1', gives 1. */
const digits = schema<string, number>((value) =>
  typeof value === 'string' && /^\d+$/.test(value)
    ? { value: Number(value) }
    : { issues: [{ message: 'digits, please', path: ['order', { key: 0 }] }, { message: 'really' }] },
);

const code = (code: string) => expect.objectContaining({ code });

describe('defineTask', () => {
  it('gives a frozen definition that an executor takes as work', () => {
    const add = defineTask<[number, number], number>({ name: 'add', module, export: 'add' });
    expect(add).toMatchObject({ kind: 'module', name: 'add', module: module.href, export: 'add' });
    expect(Object.isFrozen(add)).toBe(true);
    expect(isTaskDefinition(add)).toBe(true);
  });

  it('takes the module as a URL or as its text', () => {
    expect(defineTask({ name: 'a', module: module.href, export: 'x' }).module).toBe(module.href);
  });

  it.each([undefined, null, 1, 'add', {}, { kind: 'module', name: 'a', module: 'file:///a', export: 'x' }])(
    'is not mistaken for %j',
    (value) => expect(isTaskDefinition(value)).toBe(false),
  );

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 1 }, 'name'],
    [{ export: '' }, 'export'],
    [{ module: '/abs/path.js' }, 'module'],
    [{ module: './relative.js' }, 'module'],
    [{ module: new URL('https://example.org/x.js') }, 'module'],
    [{ module: undefined }, 'module'],
    [{ input: {} }, 'input'],
    [{ input: { '~standard': 1 } }, 'input'],
    [{ output: 'string' }, 'output'],
  ])('refuses %o and names the option', (change, option) => {
    const options = { name: 'a', module, export: 'x', ...change } as never;
    expect(() => defineTask(options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`the ${option} of`),
      }),
    );
  });

  it('carries the types of its arguments and result', () => {
    const typed = defineTask<[string, number], boolean>({ name: 'a', module, export: 'x' });
    expectTypeOf(typed).toEqualTypeOf<TaskDefinition<[string, number], boolean>>();
    const both = defineTask({ name: 'a', module, export: 'x', input: digits, output: digits });
    expectTypeOf(both).toEqualTypeOf<TaskDefinition<readonly [string], number>>();
    const input = defineTask({ name: 'a', module, export: 'x', input: digits });
    expectTypeOf(input).toEqualTypeOf<TaskDefinition<readonly [string], unknown>>();
    const output = defineTask<[Date], number>({ name: 'a', module, export: 'x', output: digits });
    expectTypeOf(output).toEqualTypeOf<TaskDefinition<[Date], number>>();
    expectTypeOf(typed).not.toExtend<TaskDefinition<[number], boolean>>();
    expectTypeOf(typed).toExtend<TaskDefinition>();
  });
});

describe('validateStandard', () => {
  it('gives what the schema makes of the value', () => {
    expect(validateStandard(digits, '12', 'the argument')).toBe(12);
  });

  it('takes a schema that is a function', () => {
    const callable = Object.assign(() => {}, digits);
    expect(defineTask({ name: 'a', module, export: 'x', input: callable }).input).toBe(callable);
  });

  it('says what does not fit, where, and what was given', () => {
    const message = 'the argument does not fit its schema: order.0: digits, please; really';
    expect(() => validateStandard(digits, 'x', 'the argument')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message, hint: 'the argument was "x"' }),
    );
  });

  it('shows the first issues of many', () => {
    const many = schema(() => ({ issues: Array.from({ length: 7 }, (_, at) => ({ message: `m${at}` })) }));
    expect(() => validateStandard(many, 1, 'it')).toThrow(/m0; m1; m2; m3; m4; and 2 more$/);
  });

  it('refuses a schema that validates asynchronously, without leaving its rejection unhandled', async () => {
    const late = schema(() => Promise.reject(new Error('unhandled, if nobody cares')));
    expect(() => validateStandard(late, 1, 'it')).toThrow(code('INVALID_ARGUMENT'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('the built-in executors', () => {
  it('are made when they are asked for, once', () => {
    const executors = builtInExecutors();
    expect([...executors.keys()]).toEqual(['inline', 'thread', 'process', 'docker']);
    for (const [name, factory] of executors) {
      expect(factory().name).toBe(name);
      expect(factory()).toBe(factory());
    }
    expect(builtInExecutors().get('thread')?.()).not.toBe(executors.get('thread')?.());
  });
});
