/**
 * The graph: download, one check per station, the warmest of them; and, whatever happens, clean up and report.
 *
 *     download -> mean of each station -> warmest
 *     finally: remove the folder, report, tell somebody (optional)
 */
import { type CallContext, Task, TaskGraph } from '../../src/index.ts';
import { download, type Mean, meanOf, removeFolder, STATIONS } from './measurements.ts';

export interface Nightly {
  readonly graph: TaskGraph;
  readonly report: Task;
}

/** `notify`: the command line that tells somebody; it may fail. */
export function nightly(notify: string): Nightly {
  const graph = new TaskGraph({ title: 'nightly readings' });
  const fetched = graph.add(Task.call(download, { title: 'download' }));
  const means = graph.map(
    STATIONS,
    (station) =>
      Task.call(({ upstream }: CallContext) => meanOf(folderIn(upstream, fetched), station), {
        title: `mean of ${station}`,
      }),
    { after: [fetched] },
  );
  const warmest = graph.add(
    Task.call(({ upstream }) => warmestOf(upstream), { title: 'warmest' }),
    {
      after: means,
    },
  );

  // Whatever becomes of the work: it waits for all of it, since it takes the folder away.
  const removed = graph.add(
    Task.call(({ upstream }) => removeFolder(folderIn(upstream, fetched)), { title: 'remove the folder' }),
    { after: [fetched, ...means, warmest], finally: true },
  );
  const report = graph.add(
    Task.call(({ upstream }) => Array.from(upstream.values(), accountOf), { title: 'report' }),
    { after: [fetched, ...means, warmest, removed], finally: true },
  );
  graph.add(Task.bash(notify, { title: 'tell the team' }), {
    after: [report],
    finally: true,
    required: false,
  });
  return { graph, report };
}

type Upstream = CallContext['upstream'];

function folderIn(upstream: Upstream, fetched: Task): string {
  return String(upstream.get(fetched.id)?.result?.output);
}

function warmestOf(upstream: Upstream): string {
  const means = Array.from(upstream.values(), ({ result }) => result?.raw as Mean);
  const first = means.toSorted((a, b) => b.celsius - a.celsius)[0];
  return first === undefined ? 'nobody' : `${first.station}, ${first.celsius} degrees`;
}

function accountOf({ title, status, error }: Task): string {
  return error instanceof Error ? `${title}: ${status}, ${error.message}` : `${title}: ${status}`;
}
