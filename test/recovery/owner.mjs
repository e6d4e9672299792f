/**
 * A process that owns a run, for tests of two owners. Argument: JSON of { dist, db, runId, mode, work, leaseMs, log }.
 * `work`: `gate`: one task that waits for a line on stdin; `poison`: one that kills its process; `deaf`: a command
 * that ignores SIGTERM and looks for a living earlier attempt. Tells what happens on stdout, a line each.
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { dist, db, runId, mode, work, leaseMs, log } = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(`${dist}/src/${path}`).href);
const { Scheduler, Task } = await load('index.js');
const { sqliteStore } = await load('stores/sqlite/index.js');

const lines = createInterface({ input: process.stdin });
const told = new Promise((resolve) => lines.once('line', resolve));

const bodies = {
  gate: (pipeline) =>
    pipeline.task(
      async ({ attempt }) => {
        console.log(`body ${attempt}`);
        if (mode === 'start') await told;
        return attempt;
      },
      { name: 'gate' },
    ),
  poison: (pipeline) => pipeline.task(() => process.kill(process.pid, 'SIGKILL'), { name: 'poison' }),
  deaf: (pipeline) =>
    pipeline.task(
      Task.bash(
        // A killed process that nobody has reaped yet is dead: only its number is still there.
        `for pid in $(cat '${log}' 2>/dev/null); do grep -qs '^State:.[^ZX]' /proc/$pid/status && echo "alive $pid"; done
         echo $$ >> '${log}'
         echo "began $SIGNALBOX_ATTEMPT"
         if [ "$SIGNALBOX_ATTEMPT" = 1 ]; then trap '' TERM; (trap '' TERM; sleep 1000) & echo $! >> '${log}'; wait; fi`,
        { title: 'deaf' },
      ),
    ),
};

const store = sqliteStore(db, leaseMs === undefined ? {} : { leaseMs });
const scheduler = new Scheduler({ store });
scheduler.events$.subscribe((event) => {
  if (event.type === 'task:output') console.log(event.chunk.trimEnd());
  if (event.type === 'attempt:started') console.log(`started ${event.attempt}`);
});
const run = async (pipeline) => bodies[work](pipeline).run().result();
const handle = mode === 'start' ? scheduler.runPipeline(run, { runId }) : scheduler.resume(runId, run);
try {
  await handle.accepted;
  console.log('accepted');
  const value = await handle.result();
  console.log(`result ${JSON.stringify(value?.output ?? value)}`);
} catch (error) {
  console.log(`error ${error.code} ${JSON.stringify(error.details.expiresAt ?? null)}`);
  if (log !== undefined && work === 'gate') appendFileSync(log, `${error.code}\n`);
}
await scheduler.close();
lines.close();
console.log('closed');
