import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, describe, expect, it } from 'vitest';
import { type StageError, TaskTimeoutError, TerminatedError } from '../../../../src/core/errors.ts';
import { JS_STAGE_TIMEOUT_MS } from '../../../../src/core/limits.ts';
import { VirtualClock } from '../../../../src/testing/virtual-clock.ts';
import { js } from './stage-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'canary-'));
const canary = join(folder, 'canary');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const outputs = (code: string, vars: Record<string, unknown> = {}, params: Record<string, unknown> = {}) =>
  js(code, { vars, params }).value();

describe('a JavaScript stage', () => {
  it('has its top-level bindings as outputs', async () => {
    const code = `
      const a = 1, { b, c: [d = 4, ...e], ...f } = { b: 2, c: [undefined, 5, 6], g: 7 };
      let h = { i: 8 }, j;
      var k = new Map([['x', 1]]);
      function l() { const hidden = 1; return hidden; }
      async function m() {}
      const n = () => 0;
      class O {}
      { const inner = 1; }
      for (const q of [1]) { let r = q; }
      j = await Promise.resolve('later')
      let s = 1
      const t = \`\${s}\`, u = /,x = 1/.test('')`;
    expect(await outputs(code)).toEqual({
      a: 1,
      b: 2,
      d: 4,
      e: [5, 6],
      f: { g: 7 },
      h: { i: 8 },
      j: 'later',
      k: new Map([['x', 1]]),
      l: 'l',
      m: 'm',
      n: 'n',
      s: 1,
      t: '1',
      u: false,
    });
  });

  it('has what it puts into `outputs` or returns as outputs, too', async () => {
    expect(await outputs('outputs.a = 1; const b = 2')).toEqual({ a: 1, b: 2 });
    expect(await outputs('const outputs = { a: 1 }; const b = 2')).toEqual({ a: 1, b: 2 });
    expect(await outputs('if (true) return { a: 1 }; const b = 2')).toEqual({ a: 1 });
  });

  it('sees vars as globals, and never the objects themselves', async () => {
    const list = [1];
    expect(await outputs('list.push(2); const n = list.length + x', { list, x: 1 })).toEqual({ n: 3 });
    expect(list).toEqual([1]);
  });

  it('can import and require', async () => {
    const code = `
      const { sep } = await import('node:path');
      const fs = await import('node:fs');
      const os = require('node:os').EOL;`;
    expect(await outputs(code)).toEqual({ sep: '/', os: '\n' });
  });

  it('warns of what cannot be cloned, and goes on', async () => {
    const probe = js('const a = { f() {} }; const b = 1; const c = Symbol("x")');
    expect(await probe.value()).toEqual({ b: 1 });
    expect(probe.entries).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: expect.stringMatching(/a \(Object\), c \(Symbol\)/),
      }),
    );
  });

  it('emits what it writes, in order', async () => {
    const probe = js('console.log("one", 1); console.error("two"); process.stdout.write("three")');
    await probe.value();
    expect(probe.output).toEqual(['one 1', 'two', 'three']);
  });

  it('fails under the name of its error, and shows its own frames', async () => {
    const probe = js('const x = 1;\nfunction f() { throw new RangeError("too far"); }\nf();');
    const error = (await probe.error()) as StageError;
    expect(error).toMatchObject({ message: 'too far', details: { errorName: 'RangeError' } });
    const [first, ...frames] = probe.output.join('').split('\n');
    expect(first).toBe('RangeError: too far');
    expect(frames[0]).toMatch(/at f \(.*the stage\.stage\.js:2:22\)/);
    expect(frames.every((frame) => frame.includes('the stage.stage.js'))).toBe(true);
  });

  it.each([
    ['throw "text"', { message: 'text', details: { errorName: 'Error' } }],
    ['throw { a: 1 }', { message: '{ a: 1 }' }],
    ['const = 1', { details: { errorName: 'SyntaxError' } }],
    ['undeclared = 1', { message: 'undeclared is not defined', details: { errorName: 'ReferenceError' } }],
    [
      'setImmediate(() => { throw new TypeError("late") }); await new Promise(() => {})',
      { message: 'late', details: { errorName: 'TypeError' } },
    ],
    [
      'await new Promise(() => {})',
      { message: expect.stringContaining('waits for something that cannot happen') },
    ],
    ['process.exit(3)', { message: 'the code ended its process with code 3' }],
  ])('fails clearly: %s', async (code, expected) => {
    expect(await js(code).error()).toMatchObject({ code: 'STAGE_FAILED', ...expected });
  });

  it('is ended at once when it is stopped, also in an endless loop', async () => {
    const probe = js('console.log("started"); while (true) {}');
    await probe.wrote('started');
    const reason = new TerminatedError();
    probe.stop(reason);
    expect(await probe.error()).toBe(reason);
  });

  it('is ended by the limit of time that is said in limits', async () => {
    const clock = new VirtualClock();
    const probe = js('console.log("started"); while (true) {}', { clock });
    await probe.wrote('started');
    clock.advance(JS_STAGE_TIMEOUT_MS);
    expect(await probe.error()).toBeInstanceOf(TaskTimeoutError);
  });

  it('is ended by the limit of memory', async () => {
    const error = await js(
      'const all = []; while (true) all.push(new Array(10_000).fill(all.length))',
    ).error();
    expect(error).toMatchObject({ message: expect.stringMatching(/more memory than the \d+ MB/) });
  }, 60_000);

  it('does not wait for what it leaves running', async () => {
    expect(await outputs('setInterval(() => {}, 1000); const a = 1')).toEqual({ a: 1 });
  });

  it('refuses vars that no thread can take', async () => {
    expect(await js('', { vars: { f: () => 1 } }).error()).toMatchObject({ code: 'STAGE_FAILED' });
  });

  it('is refused by allowCode', async () => {
    expect(await js('const x = 1', { allowCode: false }).error()).toMatchObject({
      message: expect.stringContaining('refused'),
    });
  });
});

const V = '${{ params.v }}';
const PLACES: Readonly<Record<string, string>> = {
  code: `r = ${V}`,
  'a double-quoted string': `r = "${V}"`,
  'a single-quoted string': `r = '${V}'`,
  'a template': `r = \`${V}\``,
  'a tagged template': `r = String.raw\`${V}\``,
  'code in a template': `r = \`\${${V}}\``,
  'a template in a template': `r = \`\${\`${V}\`}\``,
  'a template after code with brackets': `r = \`\${ { a: 1 }.a}${V}\`.slice(1)`,
  'a template after a dollar sign': `r = \`$${V}\`.slice(1)`,
  'a template after a backslash': `r = \`\\\\\\${V}\`.slice(2)`,
  'a string after a backslash': `r = "\\${V}".slice(1)`,
  'a string after an escaped quote': `r = "\\"${V}".slice(1)`,
  'a regex': `r = new RegExp(/^${V}$/).test(${V}) ? ${V} : "no match"`,
  'a class of a regex': `/[/${V}]/.test("x"); r = ${V}`,
  'after comments': `// it's ${V}\n/* "${V}" */ r = ${V} // ${V}`,
  'after a regex with a quote': `/'/.test("x"); r = ${V}`,
  'after a division': `let n = 4 / 2; r = '${V}' // /`,
  'an argument': `r = String(${V})`,
  'an object': `r = { k: ${V} }.k`,
  'a key': `r = Object.keys({ [${V}]: 1 })[0]`,
  'a function': `const g = (x = ${V}) => x; r = g()`,
};
const NASTY = [
  'plain',
  '',
  '"',
  "'",
  '`',
  '\\',
  '\\"',
  '${x}',
  '$',
  '{',
  '}',
  '*/',
  '//',
  '\n',
  '\r\n',
  '\u2028',
  `"; require('fs').writeFileSync('${canary}', ''); "`,
  `'; require('fs').writeFileSync('${canary}', ''); '`,
  `\`; require('fs').writeFileSync('${canary}', ''); \``,
  `\${require('fs').writeFileSync('${canary}', '')}`,
  `*/ require('fs').writeFileSync('${canary}', ''); /*`,
  `\nrequire('fs').writeFileSync('${canary}', '')\n`,
  `})(); require('fs').writeFileSync('${canary}', ''); (() => {`,
  '.*[a-z](x|y)?+^$',
  '日本 🚀 é',
  '1 + 1',
];

const all = async (place: string, values: readonly string[]): Promise<unknown> => {
  const parts = values.map(
    (_, index) => `{ let r; ${place.replaceAll('params.v', `params.v[${index}]`)}\n;all.push(r); }`,
  );
  return ((await outputs(`const all = [];\n${parts.join('\n')}`, {}, { v: values })) as { all: unknown }).all;
};

describe('a placeholder in JavaScript', () => {
  it.each(Object.entries(PLACES))('in %s is the value, whatever it is', async (_, code) => {
    expect(await all(code, NASTY)).toEqual(NASTY);
    expect(existsSync(canary)).toBe(false);
  });

  it('is a value of JavaScript in code, and its text in strings', async () => {
    const v = { a: [1, null] };
    expect(await outputs('const r = ${{ params.v }}.a[0] + 1, t = "${{ params.v }}"', {}, { v })).toEqual({
      r: 2,
      t: '{"a":[1,null]}',
    });
  });

  it('is pasted with `| raw`', async () => {
    expect(await outputs('const r = ${{ params.v | raw }}', {}, { v: '1 + 1' })).toEqual({ r: 2 });
  });

  const places = Object.values(PLACES);
  const text = fc.string({ unit: fc.constantFrom(...'`"\'\\${}()/*\n ;[]abx=.é🚀'), maxLength: 12 });
  test.prop([fc.array(text, { minLength: 5, maxLength: 5 }), fc.nat(places.length - 1)], { numRuns: 60 })(
    'comes out unchanged wherever it stands',
    async (values, index) => {
      expect(await all(places[index] ?? '', values)).toEqual(values);
    },
    60_000,
  );
});
