/** A graph as JSON and as a Mermaid diagram. */
import { describe, expect, it } from 'vitest';
import { Task, TaskGraph } from '../../../src/index.ts';
import { DEFINITION } from '../../../src/runtime/index.ts';
import { check, thrownBy } from '../runtime/kit.ts';
import { bad, good, shared, statuses, titles } from './kit.ts';

function release(): TaskGraph {
  const graph = new TaskGraph({ title: 'release', name: 'ship' });
  const build = graph.add(Task.bash('echo built', { title: 'build' }));
  const test = graph.add(Task.bash('exit 1', { title: 'test' }), { after: [build] });
  graph.add(Task.bash('true', { title: 'publish' }), { after: [test], options: { priority: 2 } });
  graph.add(Task.bash('true', { title: 'clean' }), { after: [test], finally: true });
  graph.add(Task.bash('exit 2', { title: 'notify' }), { finally: true, required: false });
  return graph;
}

describe('JSON', () => {
  it('is read back with ids, flags, options and state, and goes on from there', async () => {
    const graph = await release().run();
    const copy = TaskGraph.fromJSON(JSON.parse(JSON.stringify(graph)));
    expect(copy).toBeInstanceOf(TaskGraph);
    expect(JSON.parse(JSON.stringify(copy))).toEqual(JSON.parse(JSON.stringify(graph)));
    expect([copy.id, copy.title, copy.createdAt]).toEqual([graph.id, graph.title, graph.createdAt]);
    expect([statuses(copy), String(copy), copy.ok]).toEqual([statuses(graph), String(graph), false]);
    expect(titles(copy.optionalTasks)).toEqual(['notify']);
    const test = copy.tasks[1] as Task;
    test.payload = 'exit 0';
    await copy.run();
    expect([copy.ok, statuses(copy)]).toMatchObject([true, { publish: 'succeeded', notify: 'failed' }]);
  });

  it('of a graph that never ran is not ok when read back, of an empty one that ran it is', async () => {
    const [never, ran] = [new TaskGraph(), await new TaskGraph().run()];
    expect([TaskGraph.fromJSON(never.toJSON()).ok, TaskGraph.fromJSON(ran.toJSON()).ok]).toEqual([
      false,
      true,
    ]);
  });

  it('is refused for a task that is not data, by name', () => {
    const graph = new TaskGraph();
    graph.add(good('in code'));
    check(
      thrownBy(() => graph.toJSON()),
      'INVALID_ARGUMENT',
      ['the task "in code" of the graph is not data'],
    );
    const retried = new TaskGraph();
    retried.add(Task.bash('true', { title: 'sh' }), {
      options: { retry: { maxAttempts: 2, when: () => true } },
    });
    check(
      thrownBy(() => retried.toJSON()),
      'INVALID_ARGUMENT',
      ['"sh"', 'when'],
    );
    const loose = new TaskGraph();
    loose.add(Task.bash('true'), { after: [Task.bash('false', { title: 'away' })] });
    check(
      thrownBy(() => loose.toJSON()),
      'GRAPH_UNKNOWN_DEPENDENCY',
      ['away'],
    );
  });

  it('refuses what it has not written', () => {
    const written = release().toJSON();
    const [first] = written.tasks;
    const cases: readonly (readonly [unknown, string])[] = [
      [null, 'a written graph was null'],
      [[], 'an array'],
      [{ ...written, version: 2 }, 'version'],
      [{ ...written, id: 5 }, 'id of a written graph'],
      [{ ...written, createdAt: 'x' }, 'createdAt'],
      [{ ...written, hasRun: 'x' }, 'hasRun'],
      [{ ...written, extra: 1 }, 'extra'],
      [{ ...written, tasks: {} }, 'tasks'],
      [{ ...written, tasks: [1] }, 'a task of a written graph'],
      [{ ...written, tasks: [{ ...first, after: ['nowhere'] }] }, 'the id of one of its tasks'],
      [{ ...written, tasks: [{ ...first, after: 3 }] }, 'after'],
      [{ ...written, tasks: [{ ...first, task: {} }] }, 'a written task'],
      [{ ...written, tasks: [first, first] }, 'each once'],
      [{ ...written, tasks: [{ ...first, required: false }] }, 'required'],
    ];
    for (const [given, says] of cases)
      check(
        thrownBy(() => TaskGraph.fromJSON(given)),
        'INVALID_ARGUMENT',
        [says],
      );
  });
});

describe('the definition for a ledger', () => {
  it('is the written graph when every task is data, and says that code is needed otherwise', async () => {
    const graph = release();
    const { style, definition } = graph[DEFINITION]();
    expect(style).toBe('graph');
    const plain: unknown = JSON.parse(JSON.stringify(definition));
    const built = TaskGraph.fromDefinition(plain);
    expect(String(built)).toBe(String(graph));
    const result = (await shared()
      .runPipeline(built as TaskGraph)
      .result()) as TaskGraph;
    expect(statuses(result)).toMatchObject({ build: 'succeeded', clean: 'succeeded' });
    const bounded = TaskGraph.fromDefinition({ ...(plain as object), maxWorkers: 2 });
    expect(bounded[DEFINITION]?.().definition).toMatchObject({ maxWorkers: 2 });
    const code = new TaskGraph();
    code.add(good('code'));
    expect(code[DEFINITION]().definition).toBeUndefined();
    check(
      thrownBy(() => TaskGraph.fromDefinition(1)),
      'INVALID_ARGUMENT',
      ['definition of a graph'],
    );
  });
});

describe('Mermaid', () => {
  it('shows tasks, edges, statuses and what is dashed', async () => {
    const graph = new TaskGraph();
    const a = graph.add(good('a'));
    const b = graph.add(bad('b'), { after: [a] });
    graph.add(good('c'), { after: [b] });
    graph.add(good('clean'), { after: [b], finally: true });
    graph.add(bad('tell'), { finally: true, required: false });
    await graph.run();
    const lines = graph.toMermaid().split('\n');
    expect(lines.slice(0, 10)).toEqual([
      'flowchart TD',
      '  n0["a"]:::succeeded',
      '  n1["b"]:::failed',
      '  n2["c"]:::blocked',
      '  n3["clean"]:::succeeded',
      '  n4["tell (optional)"]:::failed',
      '  n0 --> n1',
      '  n1 --> n2',
      '  n1 -.-> n3',
      '  class n3,n4 finally',
    ]);
    expect(graph.toMermaid()).toContain('classDef finally stroke-dasharray');
  });

  it('keeps titles from being read as code, and names a task without one by its kind', () => {
    const graph = new TaskGraph();
    graph.add(good('say "hi" <b>[x](y)`#;</b>\nnow & éà 中'));
    graph.add(Task.bash('true'));
    const [, first, second] = graph.toMermaid().split('\n');
    expect(first).toBe(
      '  n0["say #34;hi#34; #60;b#62;#91;x#93;(y)#96;#35;#59;#60;/b#62;<br/>now #38; éà 中"]:::pending',
    );
    expect(second).toBe('  n1["bash"]:::pending');
  });

  it('is the same text for the same graph built again', () => {
    expect(release().toMermaid()).toBe(release().toMermaid());
  });
});
