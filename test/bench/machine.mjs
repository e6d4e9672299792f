// @ts-check
/** The machine a table was made on. */
import { cpus, loadavg, totalmem } from 'node:os';

export function machineFacts() {
  const cores = cpus();
  return {
    cores: cores.length,
    cpu: cores[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    load: loadavg()[0] ?? 0,
  };
}

/** @param {ReturnType<typeof machineFacts>} facts as they were before the first measurement */
export function loadWarning({ cores, load }) {
  if (load < cores / 4) return undefined;
  return `WARNING: the load was ${load.toFixed(1)} on ${cores} cores before the first measurement: absolute figures are too low, ratios are rough`;
}
