/** How a task goes on that was held back, or that an earlier life of its run left unfinished (rules 9, 10). */
import { RUNTIME } from '../../../machines/protocol.ts';
import type { TaskRow } from '../rows.ts';
import type { Supervisor } from '../supervisor.ts';

const RELEASE = Object.freeze({ type: 'RELEASE', token: RUNTIME } as const);

/** `lost`: what an attempt that was cut off ended with. */
export function goOn(supervisor: Supervisor, row: TaskRow, lost: Error): void {
  const { links, snapshot } = row;
  const { attempt } = snapshot.context;
  if (links?.held) {
    links.held = false;
    links.open -= 1;
  }
  switch (snapshot.leaf.path) {
    case 'queued.waiting':
      if (links?.open === 0) supervisor.sendTask(row, RELEASE);
      break;
    case 'queued.held':
      // A hold remembers that everything before it is over.
      if (links !== undefined && links.open === 0) supervisor.sendTask(row, RELEASE);
      break;
    case 'ready':
      supervisor.sendTask(row, { type: 'RECOVER', token: RUNTIME });
      break;
    default:
      if (snapshot.leaf.state !== 'running') break;
      supervisor.sendTask(row, {
        type: 'LOSE',
        attempt,
        error: lost,
        final: row.spec.onLost === 'fail',
        token: RUNTIME,
      });
  }
  // Its back-off, hold and deadline were given in an earlier life.
  if (!row.snapshot.leaf.final) supervisor.host.retime(row);
}
