/** What templates come to, and what they refuse. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of workflow files
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  BUILT_IN_FILTERS,
  ExpressionError,
  render,
  renderPieces,
} from '../../../../src/workflow/expressions/index.ts';

const options = { filters: BUILT_IN_FILTERS, env: { HOME: '/home/me', EMPTY: '' }, expandsEnv: true };
const scope = {
  params: {
    name: 'ann',
    n: 3,
    flag: true,
    none: null,
    list: ['a', 'b', 'c'],
    map: { 'key-one': 1, under_score: 2, size: 4 },
    price: 2.5,
    shell: '$(id) ${HOME} ${{ params.n }} $$',
    when: '2024-02-29T13:05:09.123Z',
    day: '2024-02-29',
  },
  stages: { 'stage-one': { outputs: { x: 1 } }, '0123456789': { outputs: { y: 2 } } },
  item: 7,
};

const rendered = (value: unknown, given: Record<string, unknown> = scope) => render(value, given, options);

function refused(value: unknown): ExpressionError {
  try {
    rendered(value);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('a placeholder', () => {
  it.each([
    ['${{ params.n }}', 3],
    ['${{params.n}}', 3],
    ['  ${{ params.list }}\n', ['a', 'b', 'c']],
    ['${{ params.none }}', null],
    ['${{ item }}', 7],
    ['${{ params.list.1 }}', 'b'],
    ['${{ params.list[1] }}', 'b'],
    ['${{ params.list[-1] }}', 'c'],
    ["${{ params['map']['key-one'] }}", 1],
    ['${{ params.map.key-one }}', 1],
    ['${{ params.map.under_score }}', 2],
    ['${{ stages.stage-one.outputs.x }}', 1],
    ['${{ stages.0123456789.outputs.y }}', 2],
    ['${{ params.list[params.n - 1] }}', 'c'],
    ["${{ params.map['key-' + 'one'] }}", 1],
  ])('%s alone gives the native value', (text, value) => {
    expect(rendered(text)).toEqual(value);
  });

  it.each([
    ['x ${{ params.n }} y', 'x 3 y'],
    ['${{ params.n }}${{ params.n }}', '33'],
    ['-${{ params.none }}-${{ params.flag }}-${{ params.price }}', '-null-true-2.5'],
    ['v: ${{ params.list }} ${{ params.map }}', 'v: ["a","b","c"] {"key-one":1,"under_score":2,"size":4}'],
    ['line\n  ${{ params.name }}\n\n', 'line\n  ann\n\n'],
    ['None', 'None'],
    ['null', 'null'],
    ['$${{ params.n }}', '$3'],
    ['$$$${{ params.n }}', '$$3'],
    ["${{ '${{' }} x ${{ '}}' }}", '${{ x }}'],
  ])('in mixed text %j is text: %j', (text, value) => {
    expect(rendered(text)).toBe(value);
  });

  it('reaches into maps and lists of any depth, but never touches keys or other values', () => {
    const date = new Date(0);
    const given = { '${{ params.n }}': ['${{ params.n }}', { a: '${{ params.flag }}', b: 1, date }] };
    expect(rendered(given)).toEqual({ '${{ params.n }}': [3, { a: true, b: 1, date }] });
  });

  it('writes dates in ISO form and a function as its name into mixed text', () => {
    const given = { at: new Date(0), fn: function greet() {} };
    expect(rendered('${{ at }} ${{ fn }}', given)).toBe('1970-01-01T00:00:00.000Z greet');
  });

  it.each([
    ['${{ params.nmae }}', 'did you mean params.name?', '`params.nmae` is not there: `params` has name'],
    ['${{ parms.name }}', 'did you mean params?', 'unknown name "parms"'],
    ['${{ params.name.x }}', undefined, '`params.name` is a text'],
    ['${{ params.list.7 }}', undefined, '`params.list` is a list of 3'],
    ['${{ params.none.x }}', undefined, '`params.none` is null'],
    ['${{ params.n-1 }}', 'write blanks around it', '`params.n-1` is not there'],
    ['${{ PARAMS.n }}', 'did you mean params?', 'unknown name "PARAMS"'],
  ])('%s is refused with what is there', (text, hint, message) => {
    const error = refused(text);
    expect(error.code).toBe('EXPRESSION_INVALID');
    expect(error.message).toContain(message);
    if (hint !== undefined) expect(error.hint).toContain(hint);
  });

  it('never reaches what is inherited: __proto__, constructor and length are names like any other', () => {
    for (const path of ['__proto__', 'constructor', 'toString', 'list.length', 'list.map', 'name.length'])
      expect(refused(`\${{ params.${path} }}`).message).toContain('is not there');
    expect(refused('${{ constructor }}').message).toContain('unknown name');
    const own = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
    expect(rendered('${{ p.__proto__.x }}${{ p.constructor }}', { p: own })).toBe('12');
    expect(Object.getPrototypeOf(rendered(JSON.parse('{"__proto__": "${{ item }}"}')))).toBe(
      Object.prototype,
    );
  });

  it('works on maps without a prototype', () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(rendered('${{ p.a }}', { p: bare })).toBe(1);
    expect(rendered(bare)).toEqual({ a: 1 });
  });

  it('with ? is null when it is missing, and drops the rest; a present value that is no map is still an error', () => {
    expect(rendered('${{ params.nothing? }}')).toBeNull();
    expect(rendered('${{ params.nothing?.x.y }}')).toBeNull();
    expect(rendered("${{ params.nothing?['x'].y | coalesce(4) }}")).toBe(4);
    expect(rendered('${{ params.none?.message }}')).toBeNull();
    expect(rendered('${{ release?.date }}')).toBeNull();
    expect(rendered('${{ stages.stage-one.errors?.message }}')).toBeNull();
    expect(refused('${{ params.name?.x }}').message).toContain('is a text');
    expect(refused('${{ params.name.x? }}').message).toContain('is a text');
  });
});

describe('a placeholder that cannot be read', () => {
  it.each([
    ['${{ }}', 0, 'a value is missing'],
    ['a ${{ params.n', 2, 'is not closed'],
    ["a ${{ it's }}", 8, "the ' is not closed"],
    ['${{ params.n params.n }}', 13, 'an operator is missing'],
    ['${{ params. }}', 10, 'a name is missing after "."'],
    ['${{ params.n | }}', 13, 'the name of a filter is missing'],
    ['${{ params.n | upp }}', 15, 'unknown filter `upp`'],
    ['${{ params.n | fmt(item) }}', 19, 'constants'],
    ['${{ params.n | int(1) }}', 15, 'takes no arguments'],
    ['${{ params.n | coalesce }}', 15, 'needs its argument default'],
    ['${{ params.n | coalesce(x=1) }}', 15, 'has no argument "x"'],
    ['${{ params.n | coalesce(1, default=1) }}', 15, 'default twice'],
    ['${{ params.n = 1 }}', 13, '`=` cannot stand here'],
    ['${{ (params.n }}', 4, 'this ( is not closed'],
    ['${{ params.n) }}', 12, 'nothing is open'],
    ['${{ [params.n) }}', 13, 'cannot close'],
    ['${{ 3px }}', 4, 'is no number'],
    ['${{ params.n # 1 }}', 13, '"#" cannot stand here'],
    ['${{ ${{ params.n }} }}', 4, '"$" cannot stand here'],
    ['${{ upper(params.name) }}', 4, 'unknown function'],
    ['${{ size() }}', 4, 'takes 1 values'],
    ['${{ {} }}', 4, 'a map can only be'],
    ['${{ 1 if params.flag }}', 6, '`if` needs an `else`'],
    ['${{ 1 < 2 < 3 }}', 10, 'cannot be chained'],
    ['${{ params.flag? 1 : 2 }}', 17, 'an operator is missing'],
    ['${{ import("fs") }}', 4, 'unknown function'],
  ])('%s is an error at %i: %s', (text, offset, message) => {
    const error = refused(text);
    expect([error.offset, error.message]).toEqual([offset, expect.stringContaining(message)]);
    expect(error.details).toEqual({ offset, length: error.length, path: [] });
  });

  it('tells where inside the value it stands', () => {
    const error = refused({ env: { FOO: ['ok', 'x ${{ nope }}'] } });
    expect(error.details).toEqual({ offset: 6, length: 4, path: ['env', 'FOO', 1] });
  });

  it('refuses what is too long, too deep or too wide, instead of running out of stack', () => {
    const wrap = (text: string) => `\${{ ${text} }}`;
    for (const text of [
      'x'.repeat(1_000_000),
      '('.repeat(4_000) + ')'.repeat(4_000),
      '('.repeat(10_000) + ')'.repeat(10_000),
      '['.repeat(4_900) + ']'.repeat(4_900),
      `${'!'.repeat(9_900)}true`,
      `${'-'.repeat(9_900)}1`,
      `${'not '.repeat(2_400)}true`,
      Array(2_000).fill('1').join('+'),
      Array(2_000).fill('1').join(' or '),
      `params${'[item'.repeat(1_000)}${']'.repeat(1_000)}`,
      `${'1 if 2 else '.repeat(800)}3`,
    ])
      expect(() => rendered(wrap(text)), text.slice(0, 20)).toThrow(ExpressionError);
    let deep: unknown = 'x';
    for (let i = 0; i < 10_000; i += 1) deep = [deep];
    expect(() => rendered(deep)).toThrow(ExpressionError);
  });

  it('reads a hostile text in a time that grows with its length only', () => {
    const start = performance.now();
    for (const part of ['${', '${A:', '${{ ', "${{ '", '${{ }}', '$', '${ '])
      try {
        rendered(part.repeat(200_000));
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError);
      }
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('an expression in a placeholder', () => {
  it.each([
    ['params.n == 3', true],
    ['params.n == 3.0', true],
    ["params.n == '3'", false],
    ["params.n | str == '3'", undefined],
    ["(params.n | str) == '3'", true],
    ['params.n == 3 | str', 'true'],
    ['params.n + 1', 4],
    ['params.n / 2', 1.5],
    ['-params.n', -3],
    ['params.n % 2', 1],
    ['-1 % 3', 2],
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ["'a' + params.name", 'aann'],
    ["'yes' if params.flag else 'no'", 'yes'],
    ["params.flag ? 'yes' : 'no'", 'yes'],
    ["1 if params.n == 1 else 2 if params.n == 2 else 'x'", 'x'],
    ["params.n == 1 ? 'a' : params.n == 3 ? 'b' : 'c'", 'b'],
    ["'b' in params.list", true],
    ["'z' not in params.list", true],
    ["'key-one' in params.map", true],
    ["'nn' in params.name", true],
    ['params.n in [1, 2, 3]', true],
    ['[params.n, item, "x"]', [3, 7, 'x']],
    ['[]', []],
    ['[1, [2, -3]]', [1, [2, -3]]],
    ['params.list == ["a", "b", "c"]', true],
    ['params.none == None', true],
    ['params.none == null', true],
    ['params.flag and not False', true],
    ['not params.n == 3', false],
    ['!params.flag || params.n >= 3 && True', true],
    ['params.flag or params.missing', true],
    ['size(params.list)', 3],
    ["size('héllo')", 5],
    ['len(params.map) == 3', true],
    ["params.name.startsWith('a')", true],
    ["params.name.endswith('n')", true],
    ["params.name.contains('nn')", true],
    ['params.list.size() + 1', 4],
    ['params.map.size', 4],
    ["'abc'.size()", 3],
    ["'it\\'s \\u00e9\\n'", "it's é\n"],
    ['1 == 1.0', true],
    ["1 == '1'", false],
    ['true != false', true],
  ])('%s is %j', (text, value) => {
    if (value === undefined) expect(() => rendered(`\${{ ${text} }}`)).toThrow(ExpressionError);
    else expect(rendered(`\${{ ${text} }}`)).toEqual(value);
  });

  it.each([
    ['1 < params.name', '1 < params.name', '`<` cannot take a number and a text'],
    ['[1, params.name + 1]', 'params.name + 1', '`+` cannot take a text and a number'],
    ['true and params.name', 'params.name', 'a boolean is needed here, this is a text'],
    ['params.flag and params.x', '.x', '`params.x` is not there'],
    ['params.x == 1 or true', '.x', '`params.x` is not there'],
    ["(1 < 'a') or true", "1 < 'a'", '`<` cannot take a number and a text'],
    ['1 / 0', '1 / 0', 'finite number'],
    ['true and size(3) > 1', 'size(3)', '`size` takes a text, list or map'],
    ["params.n.startsWith('a')", ".startsWith('a')", '`startsWith` takes texts'],
    ['params.list[9 + params.n]', 'params.list[9 + params.n]', 'there is no 12'],
    ['-params.list', '-params.list', '`-` cannot take a list'],
    ['!params.n', '!params.n', '`!` cannot take a number'],
    ['1 if params.name else 2', 'params.name', 'a boolean is needed here'],
  ])('%s fails at %s', (text, at, message) => {
    const whole = `\${{ ${text} }}`;
    const error = refused(whole);
    expect(error.message).toContain(message);
    expect(whole.slice(error.offset, error.offset + error.length)).toContain(at);
  });
});

describe('filters', () => {
  it.each([
    ['params.name | upper', 'ANN'],
    ["'hello wORLD x-y' | title", 'Hello World X-Y'],
    ['-3 | abs', 3],
    ["' 42 ' | int", 42],
    ['3.9 | int', 3],
    ["'2.5' | float", 2.5],
    ['params.n | str', '3'],
    ["'ab' | list", ['a', 'b']],
    ['params.map | keys', ['key-one', 'under_score', 'size']],
    ['params.map | values', [1, 2, 4]],
    ["[['a', 1]] | dict", { a: 1 }],
    ['params.name | rstr', "'ann'"],
    ['params.n | rstr', "'3'"],
    ['params.when | fmt', '2024-02-29 13:05:09'],
    [
      "params.when | fmt('%Y%m%d %I:%M %p %j %a %A %b %B %y %f %%')",
      '20240229 01:05 PM 060 Thu Thursday Feb February 24 123000 %',
    ],
    ["params.day | fmt(fmt='%d.%m.%Y')", '29.02.2024'],
    ['params.none | coalesce(1)', 1],
    ['params.none | default({})', {}],
    ["params.none | coalesce({'a': {'b': [1, -2, None]}})", { a: { b: [1, -2, null] } }],
    ['params.none | coalesce(default=[])', []],
    ['params.n | coalesce(1)', 3],
    ["params.map | getitem('key-one')", 1],
    ["params.map | getitem('x')", null],
    ["params.map | getitem('x', default=-1)", -1],
    ["params.map | getitem('x', 'y')", 'y'],
    ['params.list | getindex(-1)', 'c'],
    ['params.list | getindex(index=0)', 'a'],
    ['params.list | json', '["a","b","c"]'],
    ['params.name | json', '"ann"'],
    ['params.list | length', 3],
    ["params.list | join(', ')", 'a, b, c'],
    ["'a|b' | split('|')", ['a', 'b']],
    ["' x ' | trim", 'x'],
    ["params.name | replace('n', 'm') | upper", 'AMM'],
    ['params.name|upper|lower', 'ann'],
    ['params.name | raw', 'ann'],
  ])('%s gives %j', (text, value) => {
    expect(rendered(`\${{ ${text} }}`)).toEqual(value);
  });

  it.each([
    ["'x' | int", 'the filter `int` failed: "x" is no whole number'],
    ["'3.7' | int", 'no whole number'],
    ['params.n | upper', 'it takes a text, this is a number'],
    ['params.list | getindex(4)', 'index 4 is out of range: the list goes from 0 to 2'],
    ["'soon' | fmt", 'is no date'],
    ["params.when | fmt('%Q')", '"%Q" is no directive'],
    ['params.n | keys', 'it takes a map'],
  ])('%s is refused: %s', (text, message) => {
    expect(refused(`\${{ ${text} }}`).message).toContain(message);
  });

  it('of the user get values, arguments and names, and their errors are told with the place', () => {
    const filters = BUILT_IN_FILTERS.with('up', (value, args, named) => [value, args, named]).with(
      'bad',
      () => {
        throw new Error('no luck');
      },
    );
    const given = { ...options, filters };
    expect(render("${{ item | up(1, 'x', k=-1) }}", scope, given)).toEqual([7, [1, 'x'], { k: -1 }]);
    expect(() => render('${{ item | bad }}', scope, given)).toThrow('the filter `bad` failed: no luck');
    const slow = BUILT_IN_FILTERS.with('slow', () => Promise.resolve(1));
    expect(() => render('${{ item | slow }}', scope, { ...options, filters: slow })).toThrow(
      'gave a promise',
    );
  });

  it('cannot take the name of a built-in one, and adding one leaves the other set as it was', () => {
    expect(() => BUILT_IN_FILTERS.with('upper', (value) => value)).toThrow('one that is not taken');
    expect(() => BUILT_IN_FILTERS.with('a-b', (value) => value)).toThrow('letters, digits');
    BUILT_IN_FILTERS.with('mine', (value) => value);
    expect(BUILT_IN_FILTERS.find('mine')).toBeUndefined();
    expect(BUILT_IN_FILTERS.names).toContain('getindex');
  });
});

describe('the environment', () => {
  it.each([
    ['${HOME}', '/home/me'],
    ['${ HOME }', '/home/me'],
    ['${HOME:x}', '/home/me'],
    ['a${NOPE:x y}b', 'ax yb'],
    ['${NOPE:}', ''],
    ['${NOPE:-x}', '-x'],
    ['[${EMPTY}][${EMPTY:x}]', '[][]'],
    ['$$', '$'],
    ['"$$FOO"', '"$FOO"'],
    ['$${HOME}', '${HOME}'],
    ['$$$$', '$$'],
    ['$HOME $1 ${1} ${A%b} ${#x}', '$HOME $1 ${1} ${A%b} ${#x}'],
    ['${HOME}/${{ params.name }}', '/home/me/ann'],
  ])('%j is %j', (text, value) => {
    expect(rendered(text)).toBe(value);
  });

  it('that is not set and has no default is an error that names it', () => {
    const error = refused({ path: 'x ${HOM}' });
    expect(error.message).toBe('the environment variable HOM is not set');
    expect(error.hint).toBe('did you mean HOME?');
    expect(error.details).toMatchObject({ offset: 2, length: 6, path: ['path'] });
  });

  it('never reaches text that came from a value, nor text that is not expanded', () => {
    expect(rendered('${{ params.shell }}')).toBe(scope.params.shell);
    expect(rendered('x ${{ params.shell }}')).toBe(`x ${scope.params.shell}`);
    const code = { ...options, expandsEnv: false };
    expect(render('echo ${HOME} $$ ${{ params.n }}', scope, code)).toBe('echo ${HOME} $$ 3');
  });

  it('knows only its own variables', () => {
    expect(refused('${toString}').message).toContain('toString is not set');
  });
});

describe('the pieces of code', () => {
  it('keep text as it is and values apart, with the place and whether they are raw', () => {
    const code = 'echo "${{ params.name }}" ${HOME} $$\n${{ params.list | raw }}\n';
    expect(renderPieces(code, scope, options)).toEqual([
      { kind: 'text', text: 'echo "' },
      { kind: 'value', value: 'ann', raw: false, offset: 6 },
      { kind: 'text', text: '" ${HOME} $$\n' },
      { kind: 'value', value: ['a', 'b', 'c'], raw: true, offset: 37 },
      { kind: 'text', text: '\n' },
    ]);
    expect(renderPieces('plain $$', scope, options)).toEqual([{ kind: 'text', text: 'plain $$' }]);
    expect(() => renderPieces('x ${{ nope }}', scope, options)).toThrow('unknown name "nope"');
  });
});

const withoutPlaceholder = fc.string({ unit: 'binary' }).filter((text) => !text.includes('${{'));

describe('for any text', () => {
  test.prop([withoutPlaceholder])(
    'without placeholders it is the identity where nothing is expanded',
    (text) => {
      expect(render(text, scope, { ...options, expandsEnv: false })).toBe(text);
    },
  );

  test.prop([fc.string({ unit: 'binary' }), fc.constantFrom('', 'a ', '${HOME} ', "'")])(
    'a value comes through unchanged: nothing in it is looked at again',
    (value, before) => {
      const tricky = { v: `${value}\${{ v }}\${HOME}$$` };
      const expected = `${before.replace('${HOME}', '/home/me')}${tricky.v}.`;
      expect(render(`${before}\${{ v }}.`, tricky, options)).toBe(expected);
      expect(render('${{ v }}', tricky, options)).toBe(tricky.v);
    },
  );

  test.prop([fc.string({ unit: 'binary', maxLength: 60 })])(
    'the inside of a placeholder is a value or an ExpressionError, never another error',
    (inside) => {
      try {
        rendered(`\${{ ${inside} }}`);
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError);
      }
    },
  );

  const parts = [
    'params.n',
    'item',
    "'x'",
    '1',
    '(',
    ')',
    '[',
    ']',
    '|',
    'upper',
    ' and ',
    ' or ',
    'not ',
    ' if ',
    ' else ',
    '?',
    ':',
    ' in ',
    '==',
    '<',
    '+',
    '-',
    ',',
    '{',
    '}',
    '.',
    'size(',
    '"',
  ];
  test.prop([fc.array(fc.constantFrom(...parts), { maxLength: 12 })], { numRuns: 2_000 })(
    'pieces of the language in any order are a value or an ExpressionError inside the text',
    (pieces) => {
      const text = `\${{ ${pieces.join(' ')} }}`;
      try {
        rendered(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError);
        const { offset, length } = error as ExpressionError;
        expect(offset >= 0 && offset + length <= text.length).toBe(true);
      }
    },
  );
});
