/**
 * Who owns a run, and whether that owner still lives (rule 8). Owner = boot id + pid namespace + pid + start
 * time: pids are only comparable inside one namespace of one boot, and are given out again.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { processStartTime, processState } from '../core/processes.ts';
import type { OwnerIdentity } from './store.ts';

/** This process, as the owner of what `session` creates or claims. */
export function thisOwner(session: string): OwnerIdentity {
  return {
    bootId: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    startTime: processStartTime(process.pid),
    host: hostname(),
    session,
  };
}

/**
 * Whether the process of an owner lives. `dead` is certain: gone, a zombie, another process under its pid, or
 * another boot of the same host. `unknown` is another machine or pid namespace, of which nothing can be told.
 */
export function isAlive(owner: OwnerIdentity): 'alive' | 'dead' | 'unknown' {
  const here = thisOwner(owner.session);
  if (owner.bootId !== here.bootId)
    return owner.host === here.host && bothTold(owner, here) ? 'dead' : 'unknown';
  // Without boot ids (not on Linux) the host is all there is to tell machines apart.
  if (here.bootId === '' && owner.host !== here.host) return 'unknown';
  if (owner.pidNamespace !== here.pidNamespace) return 'unknown';
  return processState(owner.pid, owner.startTime);
}

function bothTold(one: OwnerIdentity, other: OwnerIdentity): boolean {
  return one.bootId !== '' && other.bootId !== '';
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
