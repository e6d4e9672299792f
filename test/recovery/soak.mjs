/**
 * Many more crashes than `npm test` makes: `npm run test:soak`, or `npm run test:soak -- 1000` for another number of
 * random ones. Every commit point of two small runs comes first.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const crashes = Number(process.argv[2] ?? 420);
if (!Number.isSafeInteger(crashes) || crashes < 1) {
  console.error(`the number of crashes was ${process.argv[2]}; allowed: a whole number, 1 or more`);
  process.exit(2);
}
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', 'test/recovery'], {
  stdio: 'inherit',
  env: { ...process.env, CRASHES: String(crashes) },
});
child.once('exit', (code) => process.exit(code ?? 1));
