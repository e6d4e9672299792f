/**
 * The picture of a plan. The hunted bugs: an arrow through a box or to the wrong job, boxes on each other, a name that
 * becomes markup, a picture that differs from call to call or takes seconds for a large plan.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSvg } from '../../../../src/workflow/drawing/svg.ts';
import type { WorkflowPlan } from '../../../../src/workflow/model.ts';
import { bash, fullPlan, job, largePlan, plan } from './plans.ts';
import { boxesOf, checkXml, reachOf, waysOf } from './svg-reader.ts';

/** Any graph of up to 14 jobs, some with a matrix, rules, many stages, finally. */
const plans: fc.Arbitrary<WorkflowPlan> = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(13), { maxLength: 4 }),
      stages: fc.integer({ min: 0, max: 40 }),
      combinations: fc.integer({ min: 1, max: 4 }),
      rule: fc.constantFrom('all_success' as const, 'one_failed' as const, 'none_skipped' as const),
      isFinally: fc.boolean(),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((all) =>
    plan(
      all.map(({ needs, stages, combinations, rule, isFinally }, i) => {
        const isLast = isFinally && i > all.length / 2;
        const before = [
          ...new Set(
            needs.filter(
              (need) =>
                need < i && !(isLast === false && all[need]?.isFinally === true && need > all.length / 2),
            ),
          ),
        ];
        return job(
          `j${i}`,
          before.map((need) => `j${need}`),
          {
            rule,
            isFinally: isLast,
            stages: Array.from({ length: stages }, (_, s) => bash(`stage ${s}`)),
            strategy: {
              matrix: combinations === 1 ? {} : { n: Array.from({ length: combinations }, (_, n) => n) },
            },
          },
        );
      }),
    ),
  );

describe('arrows', () => {
  it('lead from each job exactly to those that need it, and cross no box', () => {
    fc.assert(
      fc.property(plans, (one) => {
        const svg = planSvg(one);
        const boxes = boxesOf(svg);
        const ways = waysOf(svg);
        for (const way of ways)
          for (const [x, y] of way.points)
            for (const box of boxes)
              if (
                x > box.x + 0.5 &&
                x < box.x + box.width - 0.5 &&
                y > box.y + 0.5 &&
                y < box.y + box.height - 0.5
              )
                throw new Error(`a way crosses ${box.name} at ${x},${y}`);
        for (const { id } of one.jobs) {
          const wanted = one.jobs.filter(({ needs }) => needs.includes(id)).map((other) => other.id);
          expect(reachOf(id, boxes, ways).sort()).toEqual(wanted.sort());
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of a need that the plan says twice are drawn once', () => {
    const svg = planSvg(plan([job('a'), job('b', ['a', 'a'])]));
    expect(svg.match(/C\d/g)).toHaveLength(1);
  });
});

describe('boxes', () => {
  it('never overlap, and stand inside the picture', () => {
    fc.assert(
      fc.property(plans, (one) => {
        const svg = planSvg(one);
        const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)?.map(Number) ?? [];
        const boxes = boxesOf(svg);
        expect(boxes).toHaveLength(one.jobs.length);
        for (const [i, a] of boxes.entries()) {
          expect(
            a.x >= 0 && a.y >= 0 && a.x + a.width <= Number(width) && a.y + a.height <= Number(height),
          ).toBe(true);
          for (const b of boxes.slice(i + 1))
            expect(
              a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height,
            ).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('stand in columns by depth, finally jobs behind the dashed line', () => {
    const svg = planSvg(fullPlan());
    const at = new Map(boxesOf(svg).map(({ name, x }) => [name, x]));
    const line = Number(/class="sb-last" x1="(\d+)"/.exec(svg)?.[1]);
    expect(at.get('lint')).toBe(at.get('data'));
    expect(at.get('test')).toBeGreaterThan(Number(at.get('lint')));
    expect(at.get('rollback')).toBeLessThan(line);
    expect(at.get('report')).toBeGreaterThan(line);
  });

  it('of a job with a matrix are a pile, with the number of combinations', () => {
    const sheets = (number: number) => {
      const svg = planSvg(
        plan([job('a', [], { strategy: { matrix: { n: Array.from({ length: number }, (_, n) => n) } } })]),
      );
      return [svg.match(/class="sb-sheet"/g)?.length ?? 0, svg.includes(`>x${number}<`)];
    };
    expect([1, 2, 6].map(sheets)).toEqual([
      [0, true],
      [1, true],
      [2, true],
    ]);
  });

  it('with hundreds of stages show the first ones and say how many more there are', () => {
    const svg = planSvg(
      plan([job('a', [], { stages: Array.from({ length: 300 }, (_, i) => bash(`s${i}`)) })]),
    );
    expect(svg).toContain('>s28<');
    expect(svg).not.toContain('>s29<');
    expect(svg).toContain('and 271 more');
  });
});

describe('text', () => {
  it('is never markup, whatever a file says, and leaves well-formed XML', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '</text><script>alert(1)</script>',
        '"/>',
        '&amp;',
        ']]>',
        '\u0000\u001b[31m',
        '\ud800',
        '𝕏'.repeat(60),
        '<!--',
        '\u202e',
      ),
    );
    fc.assert(
      fc.property(text, text, text, (id, name, description) => {
        const svg = planSvg(
          plan([job(id, [], { condition: description, stages: [bash(name)] })], { name, description }),
        );
        checkXml(svg);
        expect(svg).not.toContain('<script');
      }),
      { numRuns: 500 },
    );
  });

  it('that is too long is cut, with the whole of it as a title', () => {
    const long = 'a very long name of a job that nobody can read at a glance';
    const svg = planSvg(plan([job(long)]));
    expect(svg).toMatch(/>a very long name [^<]*…<title>/);
    expect(svg).toContain(`<title>${long}</title>`);
  });

  it('that takes two cells a character stays inside its box', () => {
    const svg = planSvg(plan([job('夜間リリースの検査と公開と報告と後片付け夜間リリース')]));
    const shown = /font-weight="600">([^<]*)…/.exec(svg.split('class="sb-room"')[1] ?? '')?.[1] ?? '';
    const width = Number(/class="sb-room" width="(\d+)"/.exec(svg)?.[1]);
    expect(shown.length * 2 * 0.6 * 13).toBeLessThan(width - 12);
    expect(shown.length).toBeGreaterThan(15);
  });

  it('has a title and a description for those who do not see the picture', () => {
    const svg = planSvg(plan([job('a'), job('b', ['a'], { rule: 'one_failed' })]));
    expect(svg).toContain('role="img"');
    expect(svg).toContain('<title>release</title>');
    expect(svg).toMatch(/<desc>2 jobs, 2 stages: a; b after a \(one_failed\)<\/desc>/);
  });
});

describe('themes', () => {
  it('auto follows the screen, the others do not', () => {
    const [auto, light, dark] = (['auto', 'light', 'dark'] as const).map((theme) =>
      planSvg(fullPlan(), { theme }),
    );
    expect(planSvg(fullPlan())).toBe(auto);
    expect(auto).toContain('prefers-color-scheme: dark');
    expect(light).not.toContain('prefers-color-scheme');
    expect(dark).not.toContain('#ffffff');
  });
});

describe('large plans', () => {
  const shapes = {
    'a chain': largePlan(200, (i) => (i === 0 ? [] : [i - 1])),
    'all at once': largePlan(200, () => []),
    'all before one': largePlan(200, (i) => (i === 199 ? Array.from({ length: 199 }, (_, k) => k) : [])),
    'layers, all to all': largePlan(200, (i) =>
      i < 20 ? [] : Array.from({ length: 20 }, (_, k) => Math.floor(i / 20) * 20 - 20 + k),
    ),
    'long ways': largePlan(200, (i) => (i < 10 ? [] : [(i * 7919) % i, i - 1 - ((i * 31) % 10)])),
  };

  it.each(Object.entries(shapes))('of 200 jobs, %s: under 100 ms, at most 3 megabytes', (_, one) => {
    planSvg(one);
    const times = Array.from({ length: 5 }, () => {
      const before = performance.now();
      planSvg(one);
      return performance.now() - before;
    });
    expect(Math.min(...times)).toBeLessThan(100);
    expect(planSvg(one).length).toBeLessThan(3_000_000);
  });

  it('of many jobs side by side fill several columns instead of one that is forty screens high', () => {
    const [, width, height] =
      /width="(\d+)" height="(\d+)"/.exec(planSvg(shapes['all at once']))?.map(Number) ?? [];
    expect(Number(height)).toBeLessThan(3_000);
    expect(Number(width)).toBeLessThan(6_000);
  });
});

describe('the same plan', () => {
  it('gives the same picture, the one that was looked at', async () => {
    expect(planSvg(fullPlan())).toBe(planSvg(fullPlan()));
    await expect(planSvg(fullPlan(), { theme: 'light' })).toMatchFileSnapshot('full-plan.svg');
  });

  it('without jobs is a picture too', () => {
    const svg = planSvg(plan([]));
    checkXml(svg);
    expect(svg).toContain('0 jobs');
  });
});
