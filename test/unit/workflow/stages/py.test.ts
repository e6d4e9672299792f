import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type StageError, TerminatedError } from '../../../../src/core/errors.ts';
import { py } from './stage-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'canary-'));
const canary = join(folder, 'canary');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const outputs = (code: string, vars: Record<string, unknown> = {}, params: Record<string, unknown> = {}) =>
  py(code, { vars, params }).value();

describe('a Python stage', () => {
  it('has the names of its module as outputs', async () => {
    const code = `
import math
from os.path import join
class A: pass
def f(x): return x + n
_private = 1
n = 41
total = f(1)
pair = (1, 'a')
table = {1: [None, True, 1.5], 'k': {}}
__hidden = 2
`;
    expect(await outputs(code)).toEqual({
      join: 'join',
      f: 'f',
      _private: 1,
      n: 41,
      total: 42,
      pair: [1, 'a'],
      table: { '1': [null, true, 1.5], k: {} },
    });
  });

  it('sees vars as globals, and gives those back that it bound anew', async () => {
    expect(await outputs('x = x + 1\ny.append(3)', { x: 1, y: [1, 2], z: null })).toEqual({ x: 2 });
  });

  it('lets functions see each other and the names of the module', async () => {
    expect(await outputs('a = 2\ndef g(): return a\ndef h(): return g() * 2\nr = h()')).toMatchObject({
      r: 4,
    });
  });

  it('keeps big integers exact, as text, and dates as ISO text', async () => {
    const code = 'import datetime\nbig = 2**60 + 1\nsmall = 2**53 - 1\nd = datetime.date(2024, 2, 29)';
    expect(await outputs(code)).toEqual({
      big: '1152921504606846977',
      small: 9007199254740991,
      d: '2024-02-29',
    });
  });

  it('warns of what JSON cannot hold, and goes on', async () => {
    const probe = py('a = object()\nb = float("nan")\nc = []\nc.append(c)\nd = 1');
    expect(await probe.value()).toEqual({ d: 1 });
    expect(probe.entries).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: expect.stringMatching(/a \(object\), b \(float\), c \(list\)/),
      }),
    );
  });

  it('emits what it prints as it prints it, and mixes nothing of it with its outputs', async () => {
    const probe = py('import sys\nprint("{\\"a\\": 1}")\nprint("é", file=sys.stderr)\nx = 1');
    expect(await probe.value()).toEqual({ x: 1 });
    expect(probe.output.toSorted()).toEqual(['é', '{"a": 1}'].toSorted());
  });

  it('fails under the name of its exception, and shows its own lines', async () => {
    const probe = py('def f():\n    raise KeyError("who: ${{ params.v }}")\nf()', { params: { v: 'me' } });
    const error = (await probe.error()) as StageError;
    expect(error).toMatchObject({ message: "'who: me'", details: { errorName: 'KeyError' } });
    // Since 3.11 Python underlines, since 3.13 not always.
    expect(probe.output.filter((line) => !/^[ ^~]+$/.test(line))).toEqual([
      'Traceback (most recent call last):',
      '  File "<stage the stage>", line 3, in <module>',
      '    f()',
      '  File "<stage the stage>", line 2, in f',
      '    raise KeyError("who: ${{ params.v }}")',
      "KeyError: 'who: me'",
    ]);
  });

  it('fails with a syntax error of its code', async () => {
    const error = await py('x = = 1').error();
    expect(error).toMatchObject({ details: { errorName: 'SyntaxError' } });
  });

  it.each([
    ['import sys\nx = 1\nsys.exit()', { x: 1 }],
    ['import sys\nx = 1\nsys.exit(0)', { x: 1 }],
  ])('succeeds when it exits well', async (code, expected) => {
    expect(await outputs(code)).toEqual(expected);
  });

  it('fails when it exits badly, is killed, or ends its process unseen', async () => {
    expect(await py('import sys; sys.exit(3)').error()).toMatchObject({
      details: { errorName: 'SystemExit' },
    });
    expect(await py('import os; os.kill(os.getpid(), 9)').error()).toMatchObject({
      message: expect.stringContaining('was ended by SIGKILL'),
    });
    expect(await py('import os; os._exit(0)').error()).toMatchObject({
      message: 'Python ended with code 0 before its outputs were known',
    });
  });

  it('is the main module, so that what looks names up there works', async () => {
    const code =
      'import pickle\nclass A: pass\nn = type(pickle.loads(pickle.dumps(A()))).__name__\nm = __name__';
    expect(await outputs(code)).toEqual({ n: 'A', m: '__main__' });
  });

  it('stops when it is told to, and removes its folder', async () => {
    vi.stubEnv('TMPDIR', folder);
    const probe = py('import time\nprint("started")\ntime.sleep(60)');
    await probe.wrote('started');
    probe.stop(new TerminatedError());
    expect(await probe.error()).toBeInstanceOf(TerminatedError);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(readdirSync(folder)).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('is refused by allowCode', async () => {
    expect(await py('x = 1', { allowCode: false }).error()).toMatchObject({
      message: expect.stringContaining('refused'),
    });
  });
});

/** Every place gives the value, as it is or as text, in `r`. */
const V = '${{ params.v }}';
const TEXT_PLACES: Readonly<Record<string, string>> = {
  'a string': `r = "${V}"`,
  'a string in single quotes': `r = '${V}'`,
  'a long string': `r = """${V}"""`,
  'a long string in single quotes': `r = '''${V}'''`,
  'a raw string': `r = r"${V}"`,
  'a raw long string': `r = r'''${V}'''`,
  bytes: `r = b"${V}".decode("utf-8", "surrogatepass")`,
  'raw bytes': `r = rb'${V}'.decode("utf-8", "surrogatepass")`,
  'an f-string': `r = f"${V}"`,
  'a raw f-string': `r = rf'${V}'`,
  'an f-string with fields': `x = 1; r = f"{x}{{}}{x!r:>3}${V}"[6:]`,
  'code in an f-string': `r = f"{${V}}"`,
  'code in an f-string with a format': `r = f"{${V}:{0 or ''}}"`,
  'code in a nested f-string': `r = f"{f'{${V}}'}"`,
  code: `r = ${V}`,
  'code after strings': `x = "it's"; y = 'a"b'; z = r"\\"; r = ${V}`.replace('r"\\"', 'r"\\a"'),
  'code after a comment with a quote': `# don't ${V}\nr = ${V}`,
  'a call': `r = str(${V})`,
  'a list': `r = [${V}][0]`,
  'a class body': `class A:\n    x = ${V}\nr = A.x`,
  'a function': `def f(x=${V}):\n    return x or ${V}\nr = f()`,
  'a string after a backslash': `r = "\\${V}"[1:]`,
  'a raw string after a backslash': `r = r"\\${V}"[1:]`,
  'an f-string after a backslash': `r = f"\\${V}"[1:]`,
  'a string with escaped quotes': `r = "\\"${V}"[1:]`,
};
const NASTY = [
  'plain',
  '',
  '"',
  "'",
  '"""',
  "'''",
  '\\',
  '\\"',
  '{',
  '}',
  '{x}',
  `{open("${canary}","w")}`,
  `"; open("${canary}", "w"); "`,
  `'; open('${canary}', 'w'); '`,
  `"""\nopen("${canary}", "w")\n"""`,
  `\nopen("${canary}", "w")\n`,
  `" + str(open("${canary}", "w")) + "`,
  `__import__("os").system("touch ${canary}")`,
  '\\N{BULLET}',
  '%s',
  '# x',
  'a\r\nb\tc\n',
  '日本 🚀 é',
  '1 + 1',
  'None',
];

describe('a placeholder in Python', () => {
  it.each(Object.entries(TEXT_PLACES))(
    'in %s is the value, whatever it is',
    async (place, code) => {
      const codes = NASTY.map(
        (_, index) => `${code.replaceAll('params.v', `params.v[${index}]`)}\nall.append(r)`,
      );
      const { all } = (await outputs(`all = []\n${codes.join('\n')}`, {}, { v: NASTY })) as {
        all: unknown[];
      };
      expect(all.map((r, index) => ({ place, v: NASTY[index], r }))).toEqual(
        NASTY.map((v) => ({ place, v, r: v })),
      );
      expect(existsSync(canary)).toBe(false);
    },
    120_000,
  );

  it('is a value of Python in code', async () => {
    const v = { a: [1, 2.5, true, null, 'x'] };
    expect(
      await outputs('r = ${{ params.v }}\nn = r["a"][0] + 1\nt = f"${{ params.v }}"', {}, { v }),
    ).toEqual({
      r: v,
      n: 2,
      t: '{"a":[1,2.5,true,null,"x"]}',
    });
  });

  it('is pasted with `| raw`', async () => {
    expect(await outputs('r = ${{ params.v | raw }}', {}, { v: '1 + 1' })).toEqual({ r: 2 });
  });

  const places = Object.values(TEXT_PLACES);
  const texts = fc.string({ unit: fc.constantFrom(...`"'\\{}#()\n ;rfb:!%ax=é🚀`), maxLength: 12 });
  test.prop([fc.array(texts, { minLength: 8, maxLength: 8 })], { numRuns: 4 })(
    'comes out unchanged wherever it stands',
    async (values) => {
      const codes = values.map((_, index) =>
        places.map((code) => code.replaceAll('params.v', `params.v[${index}]`)),
      );
      const all = codes.flatMap((list) => list.map((code) => `${code}\nall.append(r)`)).join('\n');
      expect(await outputs(`all = []\n${all}`, {}, { v: values })).toMatchObject({
        all: values.flatMap((value) => places.map(() => value)),
      });
    },
    60_000,
  );
});
