/** Rule 8: who is certainly dead may be taken over at once, and nobody else. */
import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { processStartTime } from '../../../src/core/processes.ts';
import { isAlive, thisOwner } from '../../../src/stores/owner.ts';

const here = thisOwner('s');

describe.skipIf(process.platform !== 'linux')('an owner', () => {
  it('is this process, by boot, namespace, pid and start time', () => {
    expect(here).toEqual({
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/),
      pid: process.pid,
      startTime: processStartTime(process.pid),
      host: hostname(),
      session: 's',
    });
    expect(isAlive(here)).toBe('alive');
  });

  it('is dead when its pid belongs to a later process', () => {
    expect(isAlive({ ...here, startTime: '1' })).toBe('dead');
  });

  it('is dead when its process is gone', async () => {
    const child = spawn('/bin/sh', ['-c', 'exec sleep 1000']);
    const owner = { ...here, pid: Number(child.pid), startTime: processStartTime(Number(child.pid)) };
    expect(isAlive(owner)).toBe('alive');
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    expect(isAlive(owner)).toBe('dead');
  });

  it('is dead when this host has started again since', () => {
    expect(isAlive({ ...here, bootId: 'another' })).toBe('dead');
  });

  it.each([
    ['in another pid namespace', { pidNamespace: 'pid:[1]' }],
    ['on another machine', { bootId: 'another', host: 'another' }],
    ['on a machine that tells no boot id', { bootId: '' }],
    ['of which the start time is not known', { startTime: '' }],
  ])('%s may be alive', (_, difference) => {
    expect(isAlive({ ...here, ...difference })).toBe('unknown');
    expect(isAlive({ ...here, ...difference, pid: 2 ** 22 + 1 })).not.toBe('alive');
  });

  it('is on this machine whatever it is called today', () => {
    expect(isAlive({ ...here, host: 'renamed' })).toBe('alive');
  });
});
