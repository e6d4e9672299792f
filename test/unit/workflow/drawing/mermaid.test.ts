/** A plan as Mermaid. The hunted bugs: a name that is read as syntax, HTML or Markdown; an edge that is missing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMermaid } from '../../../../src/workflow/drawing/mermaid.ts';
import { bash, fullPlan, job, plan, stage } from './plans.ts';

/** What a label may consist of: nothing here is syntax between quotes, and nothing is HTML or Markdown. */
const LABEL = String.raw`(?:[\p{L}\p{N} ,:/=?()]|(?<=[\p{L}\p{N}])_(?=[\p{L}\p{N}])|#\d+;|<br/>)*`;
const LINES = [
  String.raw`subgraph j\d+(?:[sn]\d+)*\["${LABEL}"\]`,
  'direction TB',
  'end',
  String.raw`j\d+(?:[sn]\d+)*\["${LABEL}"\]`,
  String.raw`j\d+(?:[sn]\d+)* --> j\d+(?:[sn]\d+)*`,
  String.raw`j\d+ -->\|"[a-z_]+"\| j\d+`,
  String.raw`j\d+ -\.-> j\d+`,
  String.raw`class j\d+ (?:job|finally)`,
  String.raw`classDef \w+ [#\w:,-]+(?: \d)?`,
].map((line) => new RegExp(`^ *${line}$`, 'u'));

function checkMermaid(text: string): void {
  const [open, title, close, head, ...lines] = text.trimEnd().split('\n');
  expect([open, close, head]).toEqual(['---', '---', 'flowchart LR']);
  expect(() => JSON.parse((title ?? '').replace(/^title: /, ''))).not.toThrow();
  for (const line of lines)
    if (!LINES.some((form) => form.test(line))) throw new Error(`not understood: ${line}`);
  const depth = lines.reduce(
    (deep, line) => deep + Number(/^ *subgraph /.test(line)) - Number(line.trim() === 'end'),
    0,
  );
  expect(depth).toBe(0);
}

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    'end',
    '"]',
    'a"] --> b',
    '#quot;',
    '`**bold**`',
    '1. list',
    '- list',
    '<b>x</b>',
    '%% comment',
    '---',
    'a\nb',
    '__dirname',
    'click j0 href "x"',
    ';',
    '\u2028',
    '\ud800',
  ),
);

describe('labels', () => {
  it('are never syntax, whatever a file says', () => {
    fc.assert(
      fc.property(nasty, nasty, nasty, nasty, (id, name, condition, title) => {
        const inside = stage('foreach', name, {
          foreach: [],
          concurrent: 1,
          stages: [bash(id), bash(title)],
          useIndexAsKey: false,
        });
        checkMermaid(
          planMermaid(
            plan([job(id, [], { condition, stages: [inside, bash(name)] }), job('z', [id])], { name: title }),
          ),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('keep what people read: letters of all scripts, and _ inside words', () => {
    const text = planMermaid(plan([job('größe_夜')]));
    expect(text).toContain('subgraph j0["größe_夜"]');
  });

  it('of ten thousand characters are cut', () => {
    expect(planMermaid(plan([job('x'.repeat(10_000))])).length).toBeLessThan(800);
  });
});

describe('edges', () => {
  it('are there for every need, with the rule where it is not the usual one', () => {
    const text = planMermaid(
      plan([job('a'), job('b'), job('c', ['a', 'b'], { rule: 'one_failed' }), job('d', ['c'])]),
    );
    expect(text).toContain('j0 -->|"one_failed"| j2');
    expect(text).toContain('j1 -->|"one_failed"| j2');
    expect(text).toContain('j2 --> j3');
  });

  it('lead to finally jobs from the last ones, dotted; those are dashed', () => {
    const text = planMermaid(plan([job('a'), job('b', ['a']), job('clean', [], { isFinally: true })]));
    expect(text).toContain('j1 -.-> j2');
    expect(text).not.toContain('j0 -.-> j2');
    expect(text).toContain('class j2 finally');
  });

  it('join the stages of a job in order, and leave branches side by side', () => {
    const branches = { x: [bash('one'), bash('two')], y: [bash('three')] };
    const text = planMermaid(
      plan([
        job('a', [], { stages: [bash('first'), stage('parallel', 'both', { branches, maxWorkers: 2 })] }),
      ]),
    );
    expect(text).toContain('j0s0 --> j0s1');
    expect(text).toContain('j0s1n0n0 --> j0s1n0n1');
    expect(text).not.toContain('j0s1n0 --> j0s1n1');
  });
});

describe('the same plan', () => {
  it('gives the same text, the one that a Mermaid parser has read', async () => {
    checkMermaid(planMermaid(fullPlan()));
    await expect(planMermaid(fullPlan())).toMatchFileSnapshot('full-plan.mmd');
  });
});
