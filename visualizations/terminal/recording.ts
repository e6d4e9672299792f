/** A command run under a pseudo terminal, and what its screen showed after each thing that it wrote. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Line, TerminalScreen } from './terminal-screen.ts';

export interface Recording {
  /** Screens in their order, without those that look like the one before. */
  readonly frames: readonly (readonly Line[])[];
  readonly code: number | null;
}

export interface RecordingOptions {
  readonly columns: number;
  readonly rows: number;
  readonly folder: string;
}

/** Needs `script` of util-linux, which makes the terminal. The command must be safe to stand in a line for sh. */
export async function record(
  command: string,
  { columns, rows, folder }: RecordingOptions,
): Promise<Recording> {
  const sized = `stty cols ${columns} rows ${rows}; exec ${command}`;
  const { NO_COLOR: _, FORCE_COLOR: __, ...environment } = process.env;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', sized, '/dev/null'], {
    cwd: folder,
    env: { ...environment, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const screen = new TerminalScreen(columns);
  const frames: (readonly Line[])[] = [];
  let before = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    screen.write(chunk as string);
    const lines = screen.lines();
    const text = JSON.stringify(lines);
    if (text !== before) frames.push(lines);
    before = text;
  }
  const [code] = (await ended) as [number | null];
  return { frames, code };
}
