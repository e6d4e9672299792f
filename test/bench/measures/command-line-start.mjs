// @ts-check
/** Milliseconds from the spawn of `signalbox run` to its first task, on a file of ten stages and a new ledger. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../dist/src/cli/main.js', import.meta.url));

const TEN_STAGES = `name: ten-stages
params: { who: { type: str, default: world } }
jobs:
  one:
    stages:
${[1, 2, 3, 4].map((n) => `      - { name: Stage ${n}, echo: 'hello \${{ params.who }} ${n}' }`).join('\n')}
  two:
    needs: [one]
    stages:
${[5, 6].map((n) => `      - { name: Stage ${n}, bash: 'echo \${{ params.who }}' }`).join('\n')}
      - name: Stage 7
        foreach: [a, b]
        stages: [{ name: Stage 8, echo: '\${{ item }}' }]
  last:
    finally: true
    stages:
      - { name: Stage 9, echo: '\${{ jobs.two.status }}' }
      - { name: Stage 10, if: "\${{ jobs.one.status == 'FAILED' }}", echo: never }
`;

/** @param {import('./job.d.ts').Job} job */
export async function measure({ folder = '' }) {
  await writeFile(join(folder, 'ten.yml'), TEN_STAGES);
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, 'run', 'ten.yml', '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let ms = Number.NaN;
  for await (const line of createInterface({ input: child.stdout }))
    if (Number.isNaN(ms) && JSON.parse(line).type === 'task:running') ms = performance.now() - began;
  const code = await ended;
  if (code !== 0 || Number.isNaN(ms)) throw new Error(`signalbox run ended with code ${code}`);
  return { ms };
}
