/** Hostile files: refused for what they are, in time that does not grow with them, without anything being polluted. */
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { WorkflowError } from '../../../../src/core/errors.ts';
import { WORKFLOW_STAGES } from '../../../../src/core/limits.ts';
import { importsOf, parseDocument } from '../../../../src/workflow/document/index.ts';
import type { Problem } from '../../../../src/workflow/document/source.ts';
import { BUILT_IN_FILTERS } from '../../../../src/workflow/expressions/index.ts';

function refusal(text: string) {
  const startedAt = performance.now();
  try {
    parseDocument(text, 'w.yml', { rules: { filters: BUILT_IN_FILTERS } });
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    const problems = error.details['problems'] as readonly Problem[];
    return { problems, error, first: problems[0]?.message, ms: performance.now() - startedAt };
  }
  throw new Error('it was loaded');
}

/** Far above what is measured on an idle machine, far below what a parser that does all of the work takes. */
const FAST_MS = 400;

refusal('warm: up');

describe('size', () => {
  it('refuses 10 MB before it looks into them', () => {
    const { first, ms } = refusal(`name: a\njobs: {}\ndesc: ${'x'.repeat(10_000_000)}\n`);
    expect(first).toMatch(/more than 1048576 bytes/);
    expect(ms).toBeLessThan(FAST_MS);
  });

  it('counts bytes and not characters', () => {
    expect(refusal(`# ${'é'.repeat(600_000)}`).first).toMatch(/bytes/);
  });

  it('refuses more stages than a run should have, and says it once', () => {
    const list = `[${'{name: x},'.repeat(WORKFLOW_STAGES + 50)}]`;
    const told = refusal(`name: a\njobs: { a: { stages: ${list} } }`).problems;
    expect(told.filter(({ message }) => /more than 10000 stages/.test(message))).toHaveLength(1);
  }, 30_000);

  it('refuses more than 1,000 jobs', () => {
    const jobs = Array.from({ length: 1_001 }, (_, i) => `  j${i}: { stages: [] }\n`).join('');
    expect(refusal(`name: a\njobs:\n${jobs}`).first).toMatch(/1001 jobs; allowed: up to 1000/);
  });
});

describe('nesting', () => {
  it.each([
    ['[', '['.repeat(100_000)],
    ['closed [ ]', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['- ', '- '.repeat(100_000)],
    ['? ', '? '.repeat(100_000)],
    ['{a: ', '{a: '.repeat(100_000)],
    ['indented maps', Array.from({ length: 1_000 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
    ['below a key', `name: a\njobs: ${'['.repeat(100_000)}`],
  ])('refuses %s, 100,000 times inside itself', (_, text) => {
    const { first, ms } = refusal(text);
    expect(first).toBe('maps and lists are nested more than 64 deep');
    expect(ms).toBeLessThan(FAST_MS);
  });

  it('is counted through aliases, which a parser would not see', () => {
    const chain = Array.from({ length: 70 }, (_, i) => `  a${i + 1}: &a${i + 1} { x: *a${i} }\n`).join('');
    const { problems } = refusal(`name: a\njobs: {}\nextras:\n  a0: &a0 {}\n${chain}`);
    expect(problems.map(({ message }) => message)).toContain('maps and lists are nested more than 64 deep');
  });

  it('allows what people write: 20 stages inside each other', () => {
    const inner = '{ name: x, foreach: [1], stages: ['.repeat(20) + ']}'.repeat(20);
    expect(() =>
      parseDocument(`name: a\njobs: { a: { stages: [${inner}] } }`, 'w.yml', {
        rules: { filters: BUILT_IN_FILTERS },
      }),
    ).not.toThrow();
  });
});

describe('aliases', () => {
  it('refuses a bomb: nine levels of nine aliases each', () => {
    const levels = 'abcdefghi'.split('').map((name, i, all) => {
      const inner = i === 0 ? 'lol' : `*${all[i - 1]}`;
      return `  ${name}: &${name} [${Array(9).fill(inner).join(', ')}]\n`;
    });
    const { first, ms } = refusal(`name: a\njobs: {}\nextras:\n${levels.join('')}`);
    expect(first).toBe('the aliases of the file stand for more than 100000 values');
    expect(ms).toBeLessThan(FAST_MS);
  });

  it('refuses a bomb of merged maps', () => {
    const base = Array.from({ length: 999 }, (_, i) => `k${i}: 1`).join(', ');
    const maps = Array.from({ length: 900 }, (_, i) => `  m${i}: { <<: *base }\n`).join('');
    const { first } = refusal(`name: a\njobs: {}\nextras:\n  base: &base { ${base} }\n${maps}`);
    expect(first).toMatch(/more than 100000 values/);
  });

  it('refuses more than 1,000 of them', () => {
    const { problems } = refusal(`name: a\njobs: {}\nextras: [&x 1, ${'*x, '.repeat(1_001)}]`);
    expect(problems.map(({ message }) => message)).toContain('the file has more than 1000 aliases');
  });
});

describe('syntax errors', () => {
  it.each([
    ['}', '}'.repeat(1_000_000)],
    [',', `[${','.repeat(1_000_000)}]`],
    ['\\q', `"${'\\q'.repeat(500_000)}"`],
    ['anchors', '&a '.repeat(300_000)],
    ['documents', '---\n'.repeat(250_000)],
  ])(
    'are told up to a hundred, however many there are: %s',
    (_, text) => {
      expect(refusal(text).problems.length).toBeLessThanOrEqual(101);
    },
    60_000,
  );

  it('tells 20 faults of one text, however many it has: each is looked for in the file', () => {
    const text = `name: a\njobs: { a: { stages: [{ name: x, echo: '${'${{ x }}'.repeat(100_000)}' }] } }`;
    expect(refusal(text).problems).toHaveLength(20);
  }, 30_000);

  it('reads 100,000 keys of one map in time that grows with them, not with their square', () => {
    const { ms } = refusal(Array.from({ length: 100_000 }, (_, i) => `k${i}:\n`).join(''));
    expect(ms).toBeLessThan(20_000);
  }, 30_000);
});

describe('names that JavaScript uses itself', () => {
  it.each([
    'extras: { __proto__: { polluted: true } }',
    'extras: { "__proto__": { polluted: true } }',
    'extras: { a: &a { __proto__: { polluted: true } }, <<: *a }',
    'params: { __proto__: { polluted: true } }',
    '__proto__: { polluted: true }',
  ])('pollute nothing: %s', (line) => {
    expect(refusal(`name: a\njobs: {}\n${line}\n`).first).toBe('the key "__proto__" is not allowed');
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
  });

  it('are keys like any other where they are harmless', () => {
    const text =
      'name: a\njobs: { constructor: { stages: [] }, toString: { needs: [constructor], stages: [] } }';
    const { jobs } = parseDocument(text, 'w.yml', { rules: { filters: BUILT_IN_FILTERS } });
    expect(jobs.map(({ id, depth }) => [id, depth])).toEqual([
      ['constructor', 0],
      ['toString', 1],
    ]);
  });
});

describe('imports', () => {
  const text = (stage: string) =>
    `name: a\nimports: [./filters.mjs]\njobs: { a: { stages: [{ name: x, ${stage} }] } }`;

  it('are known before the filters that they register', () => {
    expect(importsOf(text(`echo: '\${{ params.x | shout }}'`))).toEqual(['./filters.mjs']);
  });

  it('of a broken file are none: nothing of it may run', () => {
    expect(importsOf(text('ecko: x'))).toEqual([]);
    expect(importsOf('imports: [x\n')).toEqual([]);
    expect(importsOf('[[[['.repeat(10_000))).toEqual([]);
  });
});
