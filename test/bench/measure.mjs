// @ts-check
/** The child process: measures one job, given as JSON, and prints the result as the last line of stdout. */

/** @type {import('./measures/job.d.ts').Job} */
const job = JSON.parse(process.argv[2] ?? '');
const { measure } = await import(`./measures/${job.measure}.mjs`);
const runner = job.section === 'import' || job.runner === '' ? undefined : await loadRunner(job.runner);
const result = await measure(job, runner);
process.stdout.write(`\n${JSON.stringify(result)}\n`);

/** @param {string} name */
async function loadRunner(name) {
  const loaded = await import(`./runners/${name}.mjs`);
  return loaded.runner;
}
