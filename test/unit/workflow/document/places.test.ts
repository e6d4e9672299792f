/** Places in the text: of keys, of values, of characters inside a value. The hunted bug is the off-by-one. */
import { describe, expect, it } from 'vitest';
import { WorkflowError } from '../../../../src/core/errors.ts';
import { parseDocument } from '../../../../src/workflow/document/index.ts';
import { BUILT_IN_FILTERS } from '../../../../src/workflow/expressions/index.ts';
import type { Path } from '../../../../src/workflow/model.ts';

const options = { rules: { filters: BUILT_IN_FILTERS } };

/** The text after a marked place: what stands there, without having to count. */
function marked(stage: string): { readonly text: string; readonly offset: number } {
  const whole = `name: a\njobs:\n  a:\n    stages:\n${stage}`;
  return { text: whole.replace('«', ''), offset: whole.indexOf('«') };
}

function firstOffset(text: string): number {
  try {
    parseDocument(text, 'w.yml', options);
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    const [first] = error.details['problems'] as readonly {
      readonly line: number;
      readonly column: number;
    }[];
    const lines = text.split('\n').slice(0, (first?.line ?? 1) - 1);
    return lines.reduce((sum, line) => sum + line.length + 1, 0) + (first?.column ?? 0) - 1;
  }
  throw new Error('it was loaded');
}

describe('a fault inside a text', () => {
  it.each([
    ['plain', 'echo: a ${{ «oops }}'],
    ['plain over lines', 'echo: a\n          b\n\n          c ${{ «oops }} d'],
    ['double quotes', 'echo: "a ${{ «oops }}"'],
    ['double quotes with escapes', 'echo: "\\x41\\u0041\\U0001F600\\"\\\\ ${{ «oops }}"'],
    ['double quotes over lines', 'echo: "a\n          b  \n\n\n          c ${{ «oops }}"'],
    ['double quotes over escaped line ends', 'echo: "a\\\n          \\  b ${{ «oops }}"'],
    ['double quotes with escapes after a line end', 'echo: "a\n          \\n\\n ${{ «oops }}"'],
    ['single quotes', "echo: 'it''s ''${{ «oops }}'"],
    ['single quotes over lines', "echo: 'it''s\n\n          ''a'' ${{ «oops }}'"],
    ['a block', 'echo: |\n          a\n\n            b ${{ «oops }}\n'],
    ['a block with an indicator', 'echo: |2-\n            a\n          ${{ «oops }}\n'],
    ['a block with a comment', 'echo: | # why\n          ${{ «oops }}\n'],
    ['a block that begins with blank lines', 'echo: |\n\n\n          ${{ «oops }}\n'],
    ['a folded block', 'echo: >-\n          a\n          b\n\n          c ${{ «oops }} d\n'],
    ['a folded block with deeper lines', 'echo: >\n          a\n            b ${{ «oops }}\n          c\n'],
    ['the same words before it', 'echo: |\n          oops oops\n          oops ${{ «oops }}\n'],
    ['wide characters before it', 'echo: "日本 😀 ${{ «oops }}"'],
    ['a condition', 'if: params.x == 1 and «oops'],
    ['a condition in quotes', 'if: "params.x == \\"a\\" and «oops"'],
    ['a list', 'env: { A: x, B: "${{ «oops }}" }\n        bash: x'],
  ])('is marked where it stands: %s', (_, stage) => {
    const { text, offset } = marked(`      - name: x\n        ${stage}`);
    expect(firstOffset(text)).toBe(offset);
  });
});

describe('locate', () => {
  const text = [
    'name: a',
    'extras: &base { k: 1, deep: [x, { y: z }] }',
    'jobs:',
    '  one:',
    '    stages:',
    '      - name: x',
    '        echo:',
    '        <<: { timeout: 7 }',
    '    extras: *base',
    '    raiseOnError: true',
  ].join('\n');
  const { source } = parseDocument(text, 'w.yml', options);
  const at = (path: Path, part?: 'key' | 'value') => {
    const { line, column, offset } = source.locate(path, part);
    return { place: `${line}:${column}`, text: text.slice(offset, offset + 4).split('\n')[0] };
  };

  it.each([
    [[], 'value', '1:1'],
    [['name'], 'key', '1:1'],
    [['name'], 'value', '1:7'],
    [['extras', 'deep', 1, 'y'], 'key', '2:35'],
    [['jobs', 'one', 'stages', 0], 'value', '6:9'],
    [['jobs', 'one', 'stages', 0, 'name'], 'value', '6:15'],
    [['jobs', 'one', 'extras', 'deep', 0], 'value', '2:30'],
    [['jobs', 'one', 'stages', 0, 'timeout'], 'value', '8:24'],
  ] as const)('finds %j (%s)', (path, part, place) => {
    expect(at([...path], part).place).toBe(place);
  });

  it('gives the key of a value that is not written', () => {
    expect(at(['jobs', 'one', 'stages', 0, 'echo']).place).toBe('7:9');
  });

  it('gives the nearest parent of what is not there', () => {
    expect(at(['jobs', 'one', 'stages', 0, 'bash', 'x']).place).toBe('6:9');
    expect(at(['jobs', 'two'], 'key').place).toBe('3:1');
  });
});

describe('the message', () => {
  const messageOf = (text: string): string => {
    try {
      parseDocument(text, 'w.yml', options);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it('shows the line, two lines before it, a mark and what to do, for each problem', () => {
    expect(messageOf('name: a\n\n# jobs\njbos: {}\njobs:\n  a: { steps: [] }\n')).toBe(
      [
        'w.yml:4:1: unknown key "jbos" in a workflow',
        '  2 |',
        '  3 | # jobs',
        '> 4 | jbos: {}',
        '    | ^^^^',
        '  hint: did you mean "jobs"?',
        '',
        'w.yml:6:8: unknown key "steps" in a job',
        '  4 | jbos: {}',
        '  5 | jobs:',
        '> 6 |   a: { steps: [] }',
        '    |        ^^^^^',
        '  hint: did you mean "stages"?',
      ].join('\n'),
    );
  });

  it('puts the mark under wide characters', () => {
    expect(messageOf('name: a\njobs: { 日本😀: { oops: 1 } }')).toContain(
      '> 2 | jobs: { 日本😀: { oops: 1 } }\n    |                   ^^^^',
    );
  });

  it('cuts a long line around the mark', () => {
    const lines = messageOf(
      `name: a\njobs: { ${'a: { }, '.repeat(0)}b: { ${' '.repeat(500)}oops: 1 } }`,
    ).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
    expect(lines.join('\n')).toMatch(/\n> 2 \| {40}oops: 1 \} \}\n {4}\| {41}?\^{4}|\n> 2 \| +oops/);
  });

  it('cannot steer the terminal', () => {
    const control = String.fromCharCode(27);
    expect(messageOf(`name: a\njobs: {}\n"x\\e[2J\\u202e": 1\nz: ${control}[2J`)).not.toContain(control);
    expect(messageOf('name: a\njobs: {}\n"x\\e[2J": 1')).not.toContain(control);
    expect(messageOf('name: a\njobs: {}\n"x\u202ey": 1')).not.toContain('\u202e');
  });

  it('shows 50 problems and says how many more there are; all are in the details', () => {
    const keys = Array.from({ length: 60 }, (_, i) => `x${i}: 1\n`).join('');
    expect(messageOf(`name: a\njobs: {}\n${keys}`)).toMatch(/\n\n\.\.\. and 10 more problems$/);
  });
});
