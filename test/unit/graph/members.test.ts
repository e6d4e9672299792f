/** What a graph is made of, before anything runs: members, views, and what is refused at the call. */
import { describe, expect, it } from 'vitest';
import { Task, TaskGraph } from '../../../src/index.ts';
import { check, thrownBy } from '../runtime/kit.ts';
import { bad, good, titles } from './kit.ts';

describe('a new graph', () => {
  it('has an id, a time and a title that nobody can change', () => {
    const graph = new TaskGraph({ title: 'preflight' });
    expect(graph.title).toBe('preflight');
    expect(new TaskGraph().title).toBe('');
    expect(graph.id).not.toBe(new TaskGraph().id);
    expect(graph.createdAt).toBeGreaterThan(1_600_000_000_000);
    for (const name of ['id', 'title', 'createdAt'])
      expect(() => Object.assign(graph, { [name]: 'other' })).toThrow(TypeError);
  });

  it('refuses options it does not know, and values that cannot be', () => {
    check(
      thrownBy(() => new TaskGraph({ titel: 'x' } as never)),
      'INVALID_ARGUMENT',
      ['titel', 'title, name'],
    );
    check(
      thrownBy(() => new TaskGraph({ title: 1 as never })),
      'INVALID_ARGUMENT',
      ['title was 1'],
    );
    check(
      thrownBy(() => new TaskGraph({ name: '' })),
      'INVALID_ARGUMENT',
      ['name was ""'],
    );
    check(
      thrownBy(() => new TaskGraph('preflight' as never)),
      'INVALID_ARGUMENT',
      ['"preflight"'],
    );
  });
});

describe('add', () => {
  it('gives the task back and keeps the order of insertion', () => {
    const graph = new TaskGraph();
    const a = good('a');
    expect(graph.add(a)).toBe(a);
    graph.add(good('b'), { after: [a] });
    expect(titles(graph)).toEqual(['a', 'b']);
    expect([graph.size, graph.has(a), graph.has(good('a')), graph.has(null)]).toEqual([
      2,
      true,
      false,
      false,
    ]);
  });

  it('takes any iterable, names each dependency once and in order', () => {
    const graph = new TaskGraph();
    const [a, b, c, d] = [good('a'), good('b'), good('c'), good('d')];
    const many = Array.from({ length: 10 }, (_, i) => good(`${i}`));
    for (const task of [a, b, c, d, ...many]) graph.add(task);
    graph.add(c, { after: [b, a, b] });
    graph.add(d, {
      after: (function* () {
        yield a;
        yield a;
        yield* many;
        yield* many;
      })(),
    });
    expect(titles(graph.dependencies(c))).toEqual(['b', 'a']);
    expect(titles(graph.dependencies(d))).toEqual(['a', ...titles(many)]);
  });

  it('replaces dependencies and flags of a task that is added again, and keeps its place', () => {
    const graph = new TaskGraph();
    const [a, b] = [graph.add(good('a')), good('b')];
    graph.add(b, { after: [a], finally: true, required: false });
    graph.add(good('c'));
    graph.add(b);
    expect(titles(graph)).toEqual(['a', 'b', 'c']);
    expect(graph.dependencies(b)).toEqual([]);
    expect([graph.isFinally(b), graph.isOptional(b)]).toEqual([false, false]);
  });

  it.each([
    ['a function', () => {}],
    ['nothing', undefined],
    ['what looks like a task', { id: '1', title: 'x' }],
  ])('refuses %s with INVALID_TYPE', (_, given) => {
    const graph = new TaskGraph();
    check(
      thrownBy(() => graph.add(given as never)),
      'INVALID_TYPE',
      ['allowed: a Task'],
    );
    check(
      thrownBy(() => graph.add(good('a'), { after: [given as never] })),
      'INVALID_TYPE',
      ['after'],
    );
    expect(graph.size).toBe(0);
  });

  it('refuses flags and options that cannot be, and changes nothing', () => {
    const graph = new TaskGraph();
    const a = graph.add(good('a'));
    const refused = (options: unknown, ...says: string[]): void => {
      check(
        thrownBy(() => graph.add(a, options as never)),
        'INVALID_ARGUMENT',
        says,
      );
    };
    refused({ finally: 1 }, 'finally was 1', 'true or false');
    refused({ finally: true, required: 'no' }, 'required was "no"');
    refused({ required: false }, 'required was false', 'only with finally: true');
    refused({ afer: [a] }, '"afer"', 'after, finally, required, options');
    refused({ after: a }, 'an iterable of Tasks');
    refused({ after: 'a' }, 'after was "a"');
    refused({ options: [] }, 'an array of 0');
    refused(null, 'null');
    expect(graph.dependencies(a)).toEqual([]);
  });
});

describe('views', () => {
  const graph = new TaskGraph();
  const [lint, test, report, notify] = [good('lint'), bad('test'), good('report'), bad('notify')];
  graph.add(lint);
  graph.add(test, { after: [lint] });
  graph.add(report, { after: [lint, test], finally: true });
  graph.add(notify, { after: [report], finally: true, required: false });

  it('are fresh lists in the order of insertion', () => {
    expect(titles(graph.tasks)).toEqual(['lint', 'test', 'report', 'notify']);
    expect(titles(graph.roots())).toEqual(['lint']);
    expect(titles(graph.leaves())).toEqual(['notify']);
    expect(titles(graph.dependencies(report))).toEqual(['lint', 'test']);
    expect(titles(graph.finallyTasks)).toEqual(['report', 'notify']);
    expect(titles(graph.optionalTasks)).toEqual(['notify']);
    expect(titles(graph.requiredTasks)).toEqual(['lint', 'test', 'report']);
    graph.tasks.pop();
    graph.dependencies(report).pop();
    expect([graph.tasks.length, graph.dependencies(report).length]).toEqual([4, 2]);
  });

  it('say before the first run that nothing has happened', () => {
    const states = [graph.succeeded, graph.failed, graph.cancelled, graph.blocked];
    expect([graph.ok, ...states, graph.errors.size]).toEqual([false, [], [], [], [], 0]);
  });

  it('know members only', () => {
    const other = good('other');
    check(
      thrownBy(() => graph.dependencies(other)),
      'INVALID_ARGUMENT',
      ['"other" is not in the graph'],
    );
    check(
      thrownBy(() => graph.dependencies('lint' as never)),
      'INVALID_TYPE',
      ['"lint"'],
    );
    expect([graph.isFinally(other), graph.isOptional(other)]).toEqual([false, false]);
    const loose = new TaskGraph();
    loose.add(test, { after: [other] });
    check(
      thrownBy(() => loose.dependencies(test)),
      'GRAPH_UNKNOWN_DEPENDENCY',
      ['"test"', '"other"'],
    );
  });

  it('tell the graph in one line', () => {
    expect(String(graph)).toBe(
      'TaskGraph(4 tasks, edges=[lint -> test, lint -> report, test -> report, report -> notify])',
    );
    const wide = new TaskGraph();
    const root = wide.add(good('r'));
    wide.map(Array(30).keys(), (i) => good(`${i}`), { after: [root] });
    expect(String(wide)).toMatch(/r -> 19, \.\.\.\]\)$/);
  });
});

describe('map', () => {
  it('fans out and in: one task per item, in order, with the options of all or its own', () => {
    const graph = new TaskGraph();
    const root = graph.add(good('root'));
    const parts = graph.map(
      new Set(['x', 'y', 'z']),
      (item, index) =>
        item === 'z' ? { task: good(`${item}${index}`), finally: true, after: [] } : good(`${item}${index}`),
      { after: [root] },
    );
    graph.add(good('sum'), { after: parts });
    expect(titles(parts)).toEqual(['x0', 'y1', 'z2']);
    expect(titles(graph)).toEqual(['root', 'x0', 'y1', 'z2', 'sum']);
    expect(parts.map((part) => titles(graph.dependencies(part)))).toEqual([['root'], ['root'], []]);
    expect(graph.isFinally(parts[2] as Task)).toBe(true);
  });

  it('adds nothing when one of the items cannot be added', () => {
    const graph = new TaskGraph();
    const cases: readonly (readonly [unknown, unknown, string, string])[] = [
      [3, good, 'INVALID_ARGUMENT', 'the items of graph.map was 3'],
      [[1], 'x', 'INVALID_ARGUMENT', 'the function of graph.map was "x"'],
      [
        ['a', 'b'],
        (item: string) => (item === 'a' ? good('a') : undefined),
        'INVALID_TYPE',
        'graph.map gave',
      ],
      [['a'], () => ({ task: 'a' }), 'INVALID_TYPE', 'the task in what the function of graph.map gave'],
      [['a'], () => ({ task: good('a'), finaly: true }), 'INVALID_ARGUMENT', 'finaly'],
    ];
    for (const [items, make, code, says] of cases) {
      check(
        thrownBy(() => graph.map(items as never, make as never)),
        code,
        [says],
      );
    }
    expect(graph.size).toBe(0);
  });
});

it('takes tasks of every kind', () => {
  const graph = new TaskGraph();
  graph.add(Task.bash('true'));
  graph.add(Task.custom('probe', { host: 'x' }));
  expect(graph.size).toBe(2);
});
