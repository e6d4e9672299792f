/** What the process of the command does, from its arguments to its exit code. */
import { readFileSync } from 'node:fs';
import { systemClock } from '../core/clock.ts';
import { openOutput } from './output.ts';
import { main } from './program.ts';

/** Time for what still lives when all is done (a body that ignored its signal), in milliseconds. */
const LINGER_MS = 500;

const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

process.exitCode = await main(
  process.argv.slice(2),
  manifest.version,
  openOutput(process.stdout, process.stderr),
);

// The process ends by itself, once everything is written; if something keeps it from that, it is ended.
const timer = systemClock.setTimeout(() => process.exit(), LINGER_MS);
(timer as NodeJS.Timeout).unref();
