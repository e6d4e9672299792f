/** Stages that hold others. Hunted: a sibling that should have run, one that should not, a name seen or hidden wrongly. */
import { describe, expect, it } from 'vitest';
import { ends, indented, job, rig, settled, timeless } from './kit.ts';

const note = (say: string, more = '') =>
  `{ name: N, id: n, uses: t/note@latest, with: { say: "${say}" }${more} }`;
const fail = (say: string) => `{ name: F, id: f, uses: t/fail@latest, with: { say: "${say}" } }`;
const success = (say: unknown) => ({ n: { outputs: { say }, status: 'SUCCESS' } });
const failed = (say: unknown) => ({
  f: { outputs: {}, status: 'FAILED', errors: { name: 'RangeError', message: `${say} fails` } },
});

describe('foreach', () => {
  const each = (foreach: string, stages: string, more = '') =>
    job(
      `- name: Each\n  id: e\n  foreach: ${foreach}\n${indented(more, 2)}\n  stages:\n${indented(stages, 4)}`,
    );

  it('runs its stages for every item, in order, each under its item', async () => {
    const made = rig();
    const handle = await made.start(each('[a, 2, true]', `- ${note('${{ item }} ${{ loop }}')}`));
    const { jobs, status } = await settled(made, handle);
    expect(status).toBe('SUCCESS');
    expect(made.stages.ran).toEqual(['a 0', '2 1', 'true 2']);
    expect(timeless(jobs['j'].stages.e)).toEqual({
      status: 'SUCCESS',
      outputs: {
        items: ['a', 2, true],
        foreach: {
          a: { status: 'SUCCESS', item: 'a', loop: 0, stages: success('a 0') },
          2: { status: 'SUCCESS', item: 2, loop: 1, stages: success('2 1') },
          true: { status: 'SUCCESS', item: true, loop: 2, stages: success('true 2') },
        },
      },
    });
    expect(ends(handle)).toEqual({
      Each: 'succeeded',
      'Each > [a]': 'succeeded',
      'Each > [a] > N': 'succeeded',
      'Each > [2]': 'succeeded',
      'Each > [2] > N': 'succeeded',
      'Each > [true]': 'succeeded',
      'Each > [true] > N': 'succeeded',
    });
    expect(new Set(handle.tasks.map(({ stage }) => stage))).toEqual(new Set([0]));
  });

  it.each([
    ['the JSON text of a list', `'["a", {"b": 1}]'`, ['a', { b: 1 }]],
    ['a template that gives a list', `"\${{ params.list }}"`, [1, 2]],
    ['an empty text', `""`, []],
    ['an empty list', '[]', []],
  ])('takes %s', async (_, given, items) => {
    const made = rig();
    const yaml = each(given, `- ${note('x')}`, 'use-index-as-key: true').replace(
      'jobs:',
      'params: { list: { type: array, default: [1, 2] } }\njobs:',
    );
    const { jobs, status } = await made.run(yaml);
    expect(status).toBe('SUCCESS');
    expect(jobs['j'].stages.e.outputs.items).toEqual(items);
    expect(Object.keys(jobs['j'].stages.e.outputs.foreach)).toEqual(items.map((_item, i) => String(i)));
  });

  it.each([
    ['no list', 'TypeError', "Does not support string foreach: 'no list' that can not convert to list."],
    ['{"a": 1}', 'TypeError', `Does not support string foreach: '{"a": 1}' that can not convert to list.`],
    [{ a: 1 }, 'TypeError', 'Does not support dict foreach: {"a":1}'],
    [
      [1, 1],
      'ValueError',
      'Foreach item should not duplicate. If this stage must to pass duplicate item, it should set `use_index_as_key: true`.',
    ],
    [[1, '1'], 'ValueError', undefined],
    [[{ a: 1 }], 'TypeError', 'Foreach item 0 is dict, which cannot be a key.'],
  ])('refuses %j', async (given, name, message) => {
    const made = rig();
    const yaml = each('"${{ params.in.given }}"', `- ${note('x')}`).replace(
      'jobs:',
      'params: { in: { type: map } }\njobs:',
    );
    const { jobs } = await made.run(yaml, { in: { given } });
    expect(made.stages.ran).toEqual([]);
    expect(jobs['j'].stages.e).toMatchObject({ status: 'FAILED', outputs: {}, errors: { name } });
    if (message !== undefined) expect(jobs['j'].stages.e.errors.message).toBe(message);
  });

  it('takes the same item twice, and maps, by their index', async () => {
    const made = rig();
    const { jobs } = await made.run(
      each('[1, 1, { a: 2 }]', `- ${note('${{ loop }}')}`, 'use-index-as-key: true'),
    );
    expect(timeless(jobs['j'].stages.e.outputs.foreach)).toEqual({
      0: { status: 'SUCCESS', item: 1, loop: 0, stages: success(0) },
      1: { status: 'SUCCESS', item: 1, loop: 1, stages: success(1) },
      2: { status: 'SUCCESS', item: { a: 2 }, loop: 2, stages: success(2) },
    });
  });

  it('takes items that are called like what every object has (a key that hides, or that is never there)', async () => {
    const made = rig();
    const { jobs } = await made.run(
      each(
        '[__proto__, bad, constructor]',
        `- ${note('${{ item }}', ', if: "item != \'bad\'"')}\n- { name: No, if: "item == 'bad'", raise: no }`,
      ),
    );
    expect(Object.keys(jobs['j'].stages.e.outputs.foreach)).toEqual(['__proto__', 'bad']);
    expect(made.stages.ran).toEqual(['__proto__']);
  });

  it.each([1, 2])('starts nothing after the first failure, with %i at once', async (concurrent) => {
    const made = rig();
    const handle = await made.start(
      each(
        '[1, 2, 3, 4]',
        `- { name: F, id: f, if: "item == 1", uses: t/fail@latest, with: { say: "\${{ item }}" } }\n- ${note('${{ item }}')}`,
        `concurrent: ${concurrent}`,
      ),
    );
    const { jobs } = await settled(made, handle);
    const { outputs, errors, status } = jobs['j'].stages.e;
    expect(status).toBe('FAILED');
    expect(Object.keys(outputs.foreach)).toEqual(concurrent === 1 ? ['1'] : ['1', '2']);
    expect(errors['1']).toEqual({
      name: 'StageError',
      message: "Break item: 1 because nested stage: 'f', failed.",
    });
    expect(made.stages.ran).not.toContain('3');
    expect(Object.keys(ends(handle)).filter((name) => name.includes('[3]'))).toEqual([]);
    expect(jobs['j'].errors.message).toBe(
      "Strategy execution was break because its nested-stage, 'e', failed.",
    );
  });

  it('stops the items that run when one fails, and nothing beside itself', async () => {
    const made = rig();
    const { stages } = made;
    const handle = await made.start(`name: w
jobs:
  j:
    stages:
      - name: Beside
        id: p
        parallel:
          a: [ { name: Gate, id: g, uses: t/gate@latest, with: { say: beside } } ]
          b:
            - name: Each
              id: e
              foreach: [x, y, z]
              concurrent: 2
              stages:
                - { name: F, id: f, if: "item == 'y'", uses: t/gate@latest, with: { say: "\${{ item }}" } }
                - { name: G, id: f2, if: "item == 'y'", raise: broken }
                - { name: G2, id: g, uses: t/gate@latest, with: { say: "\${{ item }}" } }
  k: { stages: [ { name: Gate, id: g, uses: t/gate@latest, with: { say: k } } ] }`);
    await stages.arrived('x').promise;
    await stages.arrived('y').promise;
    await stages.arrived('beside').promise;
    await stages.arrived('k').promise;
    stages.gate('y').open(undefined);
    await made.clock.advance(0);
    expect(stages.aborted).toEqual(['x']);
    expect(ends(handle)).toMatchObject({ 'Beside > a > Gate': 'running', Gate: 'running' });
    stages.gate('beside').open(undefined);
    stages.gate('k').open(undefined);
    const { jobs } = await settled(made, handle);
    expect(jobs['k'].status).toBe('SUCCESS');
    expect(timeless(jobs['j'].stages.p.outputs.parallel.b.stages.e)).toMatchObject({
      status: 'FAILED',
      outputs: {
        foreach: {
          x: {
            status: 'CANCEL',
            errors: { name: 'StageNestedCancelError', message: "Cancel item: 'x' after end nested process." },
          },
          y: {
            status: 'FAILED',
            errors: { name: 'StageError', message: "Break item: 'y' because nested stage: 'f2', failed." },
          },
        },
      },
    });
    expect(jobs['j'].stages.p.outputs.parallel.a.status).toBe('SUCCESS');
    expect(stages.ran).toEqual(
      ['beside', 'x', 'k', 'y'].sort((a, b) => stages.ran.indexOf(a) - stages.ran.indexOf(b)),
    );
  });

  it('runs as many items at once as it says', async () => {
    const made = rig();
    const handle = await made.start(
      each(
        '[1, 2, 3, 4]',
        '- { name: G, uses: t/gate@latest, with: { say: "${{ item }}" } }',
        'concurrent: 3',
      ),
    );
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['1', '2', '3']);
    made.stages.gate('2').open(undefined);
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['1', '2', '3', '4']);
    for (const item of ['1', '3', '4']) made.stages.gate(item).open(undefined);
    const { jobs } = await settled(made, handle);
    expect(Object.keys(jobs['j'].stages.e.outputs.foreach)).toEqual(['1', '2', '3', '4']);
  });

  it('is skipped when all its items are, and a mixture is a success', async () => {
    const { run } = rig();
    const all = await run(each('[1, 2]', `- ${note('x', ', if: false')}`));
    expect(all.jobs['j'].stages.e.status).toBe('SKIP');
    const some = await run(each('[1, 2]', `- ${note('x', ', if: "item == 1"')}`));
    expect(some.jobs['j'].stages.e.status).toBe('SUCCESS');
    expect(some.jobs['j'].stages.e.outputs.foreach['2']).toMatchObject({ status: 'SKIP' });
    const none = await run(each('[1]', '[]'));
    expect(none.jobs['j'].stages.e.status).toBe('SKIP');
  });
});

describe('parallel', () => {
  it('runs every branch to its end, although one fails', async () => {
    const made = rig();
    const { jobs, status } = await made.run(
      job(`
- name: P
  id: p
  parallel:
    a: [ ${fail('${{ branch }}')}, ${note('never')} ]
    b: [ ${note('${{ branch }}')} ]
    c: []
    d: [ ${note('x', ', if: false')} ]`),
    );
    expect(status).toBe('FAILED');
    const errors = { name: 'StageError', message: "Break branch: 'a' because nested stage: 'f', failed." };
    expect(timeless(jobs['j'].stages.p)).toEqual({
      status: 'FAILED',
      outputs: {
        workers: 2,
        parallel: {
          a: { status: 'FAILED', branch: 'a', stages: failed('a'), errors },
          b: { status: 'SUCCESS', branch: 'b', stages: success('b') },
          c: { status: 'SKIP', branch: 'c', stages: {} },
          d: { status: 'SKIP', branch: 'd', stages: { n: { outputs: {}, status: 'SKIP' } } },
        },
      },
      errors: { a: errors },
    });
    expect(made.stages.ran).toEqual(['a', 'b']);
  });

  it('a branch sees what was before it, and nothing of another branch', async () => {
    const made = rig();
    const { jobs } = await made.run(
      job(`
- { name: Before, id: before, uses: t/note@latest, with: { say: 1 } }
- name: P
  id: p
  max-workers: 1
  parallel:
    a: [ { name: A, id: a, uses: t/note@latest, with: { say: "\${{ stages.before.outputs.say }}" } } ]
    b: [ { name: B, id: b, uses: t/note@latest, with: { say: "\${{ stages.a?.outputs }}", own: "\${{ stages.before.outputs.say }}" } } ]
- { name: After, id: after, uses: t/note@latest, with: { say: "\${{ stages.p.outputs.parallel.a.stages.a.outputs.say }}", inner: "\${{ stages.a?.outputs }}" } }`),
    );
    expect(jobs['j'].status).toBe('SUCCESS');
    expect(jobs['j'].stages.p.outputs.parallel.a.stages.a.outputs).toEqual({ say: 1 });
    expect(jobs['j'].stages.p.outputs.parallel.b.stages.b.outputs).toEqual({ say: null, own: 1 });
    expect(jobs['j'].stages.after.outputs).toEqual({ say: 1, inner: null });
  });

  it('without branches is a success', async () => {
    const { run } = rig();
    const { jobs } = await run(job('- { name: P, id: p, parallel: {} }'));
    expect(timeless(jobs['j'].stages.p)).toEqual({
      status: 'SUCCESS',
      outputs: { workers: 2, parallel: {} },
    });
  });

  it('runs as many branches at once as max-workers, also when a template says so', async () => {
    const made = rig();
    const branch = (name: string) => `{ name: G, uses: t/gate@latest, with: { say: ${name} } }`;
    const yaml = `name: w
params: { n: { type: int, default: 3 } }
jobs:
  j:
    stages:
      - name: P
        id: p
        max-workers: "\${{ params.n }}"
        parallel: { a: [ ${branch('a')} ], b: [ ${branch('b')} ], c: [ ${branch('c')} ], d: [ ${branch('d')} ] }`;
    const handle = await made.start(yaml);
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'b', 'c', 'd']) made.stages.gate(name).open(undefined);
    const { jobs } = await settled(made, handle);
    expect(jobs['j'].stages.p.outputs.workers).toBe(3);
    const over = await made.run(yaml, { n: 20 });
    expect(over.jobs['j'].stages.p).toMatchObject({
      status: 'FAILED',
      errors: { name: 'ValueError', message: 'A max-workers value should between 1 and 19.' },
    });
  });
});

describe('until', () => {
  const until = (condition: string, stages: string, more = '') =>
    job(`- name: U\n  id: u\n  until: ${condition}\n${indented(more, 2)}\n  stages:\n${indented(stages, 4)}`);

  it('runs its stages at least once, counts from 1, and asks with the next item and loop', async () => {
    const made = rig();
    const { jobs } = await made.run(until('"item >= 3"', `- ${note('${{ item }}/${{ loop }}')}`, 'item: 7'));
    expect(made.stages.ran).toEqual(['7/1', '2/2']);
    expect(timeless(jobs['j'].stages.u)).toEqual({
      status: 'SUCCESS',
      outputs: {
        until: {
          1: { status: 'SUCCESS', loop: 1, item: 7, stages: success('7/1') },
          2: { status: 'SUCCESS', loop: 2, item: 2, stages: success('2/2') },
        },
      },
    });
  });

  it('carries the item that a stage leaves', async () => {
    const made = rig();
    made.stages.registry.register('t', 'double', (args) => ({ item: (args['item'] as number) * 2 }));
    const { jobs } = await made.run(
      until(
        '"${{ item > 20 }}"',
        `- { name: D, uses: t/double@latest, with: { item: "\${{ item }}" } }`,
        'item: 3',
      ),
    );
    const loops = Object.values<{ item: number }>(jobs['j'].stages.u.outputs.until);
    expect(loops.map(({ item }) => item)).toEqual([3, 6, 12]);
  });

  it('may ask what its stages left, and see no stage of the loop before', async () => {
    const made = rig();
    const { jobs } = await made.run(
      until(
        '"stages.n.outputs.say == 2 and stages.before.outputs.say == 0"',
        `- ${note('${{ loop }}', ', extras: { a: 1 }')}\n- { name: Seen, id: seen, uses: t/note@latest, with: { say: "\${{ stages.seen?.outputs }}" } }`,
      ).replace(
        'stages:\n',
        'stages:\n      - { name: Before, id: before, uses: t/note@latest, with: { say: 0 } }\n',
      ),
    );
    expect(Object.keys(jobs['j'].stages.u.outputs.until)).toEqual(['1', '2']);
    expect(jobs['j'].stages.u.outputs.until['2'].stages.seen.outputs).toEqual({ say: null });
  });

  it.each([
    [1, 'Loop was exceed the maximum 1 loop.'],
    [3, 'Loop was exceed the maximum 3 loops.'],
  ])('fails after %i loops with a text that says so', async (most, message) => {
    const made = rig();
    const { jobs } = await made.run(until('"item > 100"', `- ${note('x')}`, `max-loop: ${most}`));
    expect(made.stages.ran).toHaveLength(most);
    expect(jobs['j'].stages.u).toMatchObject({ status: 'FAILED', errors: { name: 'StageError', message } });
    expect(Object.keys(jobs['j'].stages.u.outputs.until)).toHaveLength(most);
  });

  it('that fails says in which loop, counted from 1', async () => {
    const made = rig();
    const { jobs } = await made.run(
      until('"item > 5"', `- { name: F, id: f, if: "loop == 2", uses: t/fail@latest, with: { say: x } }`),
    );
    const errors = { name: 'StageNestedError', message: "Break loop: 2 because nested stage: 'f', failed." };
    expect(timeless(jobs['j'].stages.u)).toEqual({
      status: 'FAILED',
      outputs: {
        until: {
          1: { status: 'SKIP', loop: 1, item: 0, stages: { f: { outputs: {}, status: 'SKIP' } } },
          2: { status: 'FAILED', loop: 2, item: 2, stages: failed('x'), errors },
        },
      },
      errors,
    });
  });

  it('whose condition is no boolean fails', async () => {
    const { run } = rig();
    const { jobs } = await run(until('"${{ item }}"', `- ${note('x')}`));
    expect(jobs['j'].stages.u.errors.message).toMatch(/does not evaluate to a boolean/);
  });

  it('keeps the loops that ended before its condition failed', async () => {
    const { run } = rig();
    const { jobs } = await run(until('"${{ item }}"', `- ${note('x')}`));
    expect(Object.keys(jobs['j'].stages.u.outputs.until ?? {})).toEqual(['1']);
  });
});

describe('case', () => {
  const pick = (given: string, match: string, more = '') =>
    job(
      `- name: C\n  id: c\n  case: ${given}\n${indented(more, 2)}\n  match:\n${indented(match, 4)}`,
    ).replace(
      'jobs:',
      'params: { one: { type: int, default: 1 }, text: { default: "1", type: str }, a: { default: a, type: str } }\njobs:',
    );
  const two = `- { case: 1, stages: [ ${note('number')} ] }\n- { case: "1", stages: [ ${note('text')} ] }\n- else: [ ${note('else ${{ case }}')} ]`;

  it.each([
    ['"${{ params.one }}"', 'number', 1],
    ['"${{ params.text }}"', 'text', '1'],
    ['"1"', 'text', '1'],
    ['other', 'else _', '_'],
  ])('%s runs the branch of the same value and type', async (given, ran, name) => {
    const made = rig();
    const { jobs } = await made.run(pick(given, two));
    expect(made.stages.ran).toEqual([ran]);
    expect(timeless(jobs['j'].stages.c)).toEqual({
      status: 'SUCCESS',
      outputs: { case: name, stages: success(ran) },
    });
  });

  it('takes the first branch of several, `_` as else, wherever that stands', async () => {
    const made = rig();
    await made.run(
      pick(
        'a',
        `- { case: "_", stages: [ ${note('else')} ] }\n- { case: a, stages: [ ${note('first')} ] }\n- { case: "\${{ params.a }}", stages: [ ${note('second')} ] }`,
      ),
    );
    await made.run(
      pick('b', `- { case: "_", stages: [ ${note('else')} ] }\n- { case: a, stages: [ ${note('a')} ] }`),
    );
    expect(made.stages.ran).toEqual(['first', 'else']);
  });

  it('renders the values of its branches', async () => {
    const made = rig();
    await made.run(
      pick(
        '"1"',
        `- { case: "\${{ params.one }}", stages: [ ${note('number')} ] }\n- { case: "\${{ params.text }}", stages: [ ${note('text')} ] }`,
      ),
    );
    expect(made.stages.ran).toEqual(['text']);
  });

  it('that matches nothing fails, or is skipped with skip-not-match', async () => {
    const { run } = rig();
    const match = `- { case: a, stages: [ ${note('a')} ] }`;
    const { jobs } = await run(pick('b', match));
    expect(timeless(jobs['j'].stages.c)).toEqual({
      status: 'FAILED',
      outputs: {},
      errors: { name: 'StageError', message: 'This stage does not set else for support not match any case.' },
    });
    const skipped = await run(pick('b', match, 'skip-not-match: true'));
    expect(timeless(skipped.jobs['j'].stages.c)).toEqual({ status: 'SKIP', outputs: {} });
  });

  it('that fails inside says which case', async () => {
    const { run } = rig();
    const { jobs } = await run(pick('bar', `- { case: bar, stages: [ ${fail('x')} ] }`));
    expect(timeless(jobs['j'].stages.c)).toEqual({
      status: 'FAILED',
      outputs: { case: 'bar', stages: failed('x') },
      errors: { name: 'StageError', message: "Break case: 'bar' because nested stage: 'f', failed." },
    });
  });

  it('is skipped when its branch is, or has no stages', async () => {
    const { run } = rig();
    const { jobs } = await run(pick('a', '- { case: a, stages: [] }'));
    expect(timeless(jobs['j'].stages.c)).toEqual({ status: 'SKIP', outputs: { case: 'a', stages: {} } });
  });
});

describe('several levels deep', () => {
  it('inner names and stages go before outer ones, which stay visible where nothing is before them', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  j:
    strategy: { matrix: { os: [m] } }
    stages:
      - { name: Top, id: top, uses: t/note@latest, with: { say: top } }
      - { name: Same, id: same, uses: t/note@latest, with: { say: outer } }
      - name: E
        id: e
        foreach: [out]
        stages:
          - name: P
            id: p
            parallel:
              br:
                - name: E2
                  id: e2
                  foreach: [in]
                  stages:
                    - { name: Same, id: same, uses: t/note@latest, with: { say: inner } }
                    - name: C
                      id: c
                      case: "\${{ item }}"
                      match:
                        - case: in
                          stages:
                            - name: U
                              id: u
                              until: "item == 'last'"
                              item: first
                              stages:
                                - name: Deep
                                  id: deep
                                  uses: t/note@latest
                                  with:
                                    say: "\${{ matrix.os }} \${{ branch }} \${{ item }} \${{ loop }} \${{ case }} \${{ stages.top.outputs.say }} \${{ stages.same.outputs.say }}"
                                    item: last
                - { name: After, id: after, uses: t/note@latest, with: { say: "\${{ item }} \${{ loop }} \${{ stages.same.outputs.say }}" } }`);
    const { status } = await settled(made, handle);
    expect(status).toBe('SUCCESS');
    expect(made.stages.ran).toEqual(['top', 'outer', 'inner', 'm br first 1 in top inner', 'out 0 outer']);
    expect(Object.keys(ends(handle))).toContain(
      '[os=m] > E > [out] > P > br > E2 > [in] > C > in > U > [1] > Deep',
    );
  });
});
