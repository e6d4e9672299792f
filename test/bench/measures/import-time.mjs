// @ts-check
/** Milliseconds until the library is loaded, in a process that loaded nothing else. */

/** @param {import('./job.d.ts').Job} job */
export async function measure({ runner }) {
  const began = performance.now();
  await import(runner);
  return { ms: performance.now() - began };
}
