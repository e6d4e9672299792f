/**
 * Draws the pictures of the README from a real run: one while it goes on, one of its end. Made anew with
 * `npm run build && node dist/visualizations/terminal/generate.js`; times differ from run to run, so that nothing
 * compares them. Needs `script` of util-linux.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Recording, record } from './recording.ts';
import { type Line, TerminalScreen } from './terminal-screen.ts';
import { terminalSvg } from './terminal-svg.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const PICTURES = 'docs/images';
const COLUMNS = 92;
const ROWS = 40;

/** As a reader types it; below, the built program and a folder for what it writes stand in for the short words. */
const SHOWN = 'signalbox run examples/compression/compression.yml --parallel 4 --resources cpu=4,mem=1';

async function recordRun(): Promise<Recording> {
  const folder = mkdtempSync(join(tmpdir(), 'picture-'));
  try {
    const command = SHOWN.replace('signalbox', `'${process.execPath}' '${MAIN}'`);
    const options = `--store '${join(folder, 'runs.db')}' --param 'out=${join(folder, 'out')}'`;
    return await record(`${command} ${options}`, { columns: COLUMNS, rows: ROWS, folder: ROOT });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The frame that shows most of what there is to see; of several, the one in their middle. */
function busiest(frames: Recording['frames']): readonly Line[] {
  const scored = frames.map((lines) => ({ lines, score: interest(lines) }));
  const best = Math.max(...scored.map(({ score }) => score));
  const among = scored.filter(({ score }) => score === best);
  return among[Math.floor(among.length / 2)]?.lines ?? [];
}

/** What a task that runs says: how far it is, or what it printed last. */
const TELLS_PROGRESS = /^ *[\u2800-\u28ff] .* \d+%/;
const TELLS_OUTPUT = /^ *[\u2800-\u28ff] .*s {2}[a-z]/;
const WAS_TRIED_AGAIN = /attempt \d/;
const SUCCEEDED = /^ *✔/;

function interest(lines: readonly Line[]): number {
  const texts = lines.map(textOf);
  const count = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length;
  const progress = count(TELLS_PROGRESS);
  if (progress === 0) return 0;
  return 3 * progress + 5 * count(TELLS_OUTPUT) + 2 * count(WAS_TRIED_AGAIN) + Math.min(4, count(SUCCEEDED));
}

const textOf = (line: Line): string => line.map(({ text }) => text).join('');

/** What the run printed, under the line that began it. */
function withPrompt(lines: readonly Line[]): readonly Line[] {
  const prompt = new TerminalScreen(COLUMNS);
  prompt.write(`\u001b[36m$\u001b[39m \u001b[1m${SHOWN}\u001b[22m\n`);
  return [...prompt.lines(), ...withoutStore(lines)];
}

const STORE_OPTION = ' --store ';

/** The store of the recording is not that of the reader. Where its name was too long for the line, it has two. */
function withoutStore(lines: readonly Line[]): readonly Line[] {
  return lines.flatMap((line, at) => {
    const before = lines[at - 1];
    const isRest = before !== undefined && before.length === COLUMNS && textOf(before).includes(STORE_OPTION);
    const end = textOf(line).indexOf(STORE_OPTION);
    return isRest ? [] : [end < 0 ? line : line.slice(0, end)];
  });
}

async function main(): Promise<void> {
  const { frames, code } = await recordRun();
  const last = frames.at(-1) ?? [];
  if (code !== 0) throw new Error(`the run ended with code ${code}:\n${last.map(textOf).join('\n')}`);
  mkdirSync(join(ROOT, PICTURES), { recursive: true });
  const pictures = { 'run-live': busiest(frames), 'run-end': last };
  for (const [name, lines] of Object.entries(pictures)) {
    const svg = terminalSvg({ title: 'signalbox run', lines: withPrompt(lines), columns: COLUMNS });
    writeFileSync(join(ROOT, PICTURES, `${name}.svg`), svg);
  }
}

await main();
