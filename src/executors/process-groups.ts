/**
 * Process groups: how a child and all its descendants are signalled, and how they are kept from outliving
 * this process. One 'exit' listener exists while groups live. (Nothing helps against SIGKILL of this process;
 * recovery then finds the groups in the ledger.)
 */

const living = new Set<number>();

const windows = process.platform === 'win32';

/** Signals every process of the group that `pid` leads; false when none is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    /* v8 ignore next -- Windows has no process groups: the child alone is ended */
    return process.kill(windows ? pid : -pid, signal);
  } catch {
    return false; // ESRCH: it ended meanwhile. EPERM: it is no longer ours to signal.
  }
}

/** From now until `forgetGroup`, the group dies with this process. */
export function guardGroup(pid: number): void {
  if (living.size === 0) process.on('exit', killLiving);
  living.add(pid);
}

export function forgetGroup(pid: number): void {
  living.delete(pid);
  if (living.size === 0) process.removeListener('exit', killLiving);
}

function killLiving(): void {
  for (const pid of living) signalGroup(pid, 'SIGKILL');
}
