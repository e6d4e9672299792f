/** Who may import whom. The hunted bug is the shortcut: a core file that reaches into the runtime "just once". */
import { describe, expect, it } from 'vitest';
import { filesBelow, readSource, type Source } from './sources.ts';

/** Folder (longest match wins) -> what its files may import, besides their own folder. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  'machines/': ['xstate'],
  'src/core/': ['machines/protocol.ts', 'node:', 'devalue'],
  'src/admission/': ['src/core/'],
  'src/streams/': ['src/core/', 'rxjs'],
  'src/executors/': ['src/core/', 'node:', 'execa', 'piscina', 'dockerode'],
  'src/stores/': ['src/core/', 'machines/', 'node:', '@photostructure/sqlite'],
  'src/task/': [
    'machines/lifecycle.ts',
    'machines/protocol.ts',
    'src/core/',
    'src/executors/executor.ts',
    'src/executors/process-result.ts',
  ],
  'src/runtime/': [
    'machines/',
    'src/core/',
    'src/admission/index.ts',
    'src/streams/',
    'src/executors/executor.ts',
    'src/executors/define-task.ts',
    'src/executors/standard-schema.ts',
    'src/executors/process-result.ts',
    'src/task/index.ts',
    'src/stores/store.ts',
    'src/stores/moves.ts',
    'xstate',
    'rxjs',
    'immer',
    'node:async_hooks',
  ],
  'src/pipeline/': ['src/core/', 'src/runtime/index.ts'],
  'src/graph/': ['src/core/', 'src/task/index.ts', 'src/runtime/index.ts'],
  'src/workflow/': [
    'src/core/',
    'src/executors/executor.ts',
    'src/executors/standard-schema.ts',
    'src/executors/process-result.ts',
    'src/executors/docker/container-result.ts',
    'src/runtime/index.ts',
    'node:',
    'yaml',
    'zod',
    'croner',
    '@marcbachmann/cel-js',
    'fastest-levenshtein',
  ],
  'src/cli/': ['src/', 'node:', 'commander', 'picocolors', 'string-width', 'fastest-levenshtein'],
  'src/ai/': ['src/core/', 'src/task/index.ts', 'ai'],
  'src/testing/': ['machines/', 'src/', 'node:', 'fast-check', 'xstate'],
  'src/': ['src/', 'machines/'],
};

const sources: readonly Source[] = [...filesBelow('machines'), ...filesBelow('src')].map(readSource);

function roomOf(path: string): string {
  const rooms = Object.keys(TABLE).filter((room) => path.startsWith(room));
  const room = rooms.sort((a, b) => b.length - a.length)[0];
  if (room === undefined) throw new Error(`${path} lies in no folder of the import table`);
  return room;
}

describe('the import table', () => {
  it.each(sources.map((source) => [source.path, source] as const))(
    '%s imports only what its folder may',
    (path, source) => {
      const room = roomOf(path);
      const allowed = [...(TABLE[room] ?? []), room];
      const strangers = source.imports
        .map((one) => one.target)
        .filter((target) => !allowed.some((prefix) => matches(target, prefix)));
      expect(strangers).toEqual([]);
    },
  );

  it('has no import of the published testing kit but by the command line, which checks with it', () => {
    const users = sources.filter(
      (source) =>
        !/^src\/(testing|cli)\//.test(source.path) &&
        source.imports.some((one) => one.target.startsWith('src/testing/')),
    );
    expect(users.map((source) => source.path)).toEqual([]);
  });

  it('loads heavy libraries on first use only', () => {
    const heavy = sources.flatMap(({ path, imports }) =>
      imports
        .filter(
          (one) =>
            /^(execa|piscina|ai|dockerode|@photostructure\/sqlite)$/.test(one.target) &&
            !one.typeOnly &&
            !one.dynamic,
        )
        .map((one) => `${path}: ${one.target}`),
    );
    // The worker file itself runs on piscina's thread and may import it.
    expect(heavy.filter((line) => !line.includes('thread-worker'))).toEqual([]);
  });
});

function matches(target: string, prefix: string): boolean {
  return prefix.endsWith('/') || prefix.endsWith(':') || prefix.endsWith('.ts')
    ? target.startsWith(prefix)
    : target === prefix || target.startsWith(`${prefix}/`);
}

describe('cycles', () => {
  it('has none between files at run time', () => {
    const graph = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports.filter((one) => !one.typeOnly).map((one) => one.target),
      ]),
    );
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) if (graph.has(next)) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });
});
