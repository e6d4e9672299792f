/** The work of the example: readings of three stations, one of which is broken, in a folder that must go again. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const STATIONS = ['harbour', 'hill', 'airport'] as const;
export type Station = (typeof STATIONS)[number];

const READINGS: Readonly<Record<Station, string>> = {
  harbour: '06:00 11.5\n12:00 16.0\n18:00 14.5\n',
  hill: '06:00 8.0\n12:00 sensor off\n18:00 10.5\n',
  airport: '06:00 10.0\n12:00 15.5\n18:00 13.5\n',
};

export interface Mean {
  readonly station: Station;
  readonly celsius: number;
}

/** Lays the readings out in a new folder, as a download would. */
export async function download(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'readings-'));
  for (const station of STATIONS) await writeFile(join(folder, `${station}.txt`), READINGS[station]);
  return folder;
}

/** The mean of one station. Throws at the first line that is no reading. */
export async function meanOf(folder: string, station: Station): Promise<Mean> {
  const lines = (await readFile(join(folder, `${station}.txt`), 'utf8')).trimEnd().split('\n');
  const values = lines.map((line, index) => {
    const value = Number(line.split(' ').slice(1).join(' '));
    if (Number.isNaN(value)) throw new Error(`${station}.txt, line ${index + 1}: ${line} is no reading`);
    return value;
  });
  return { station, celsius: values.reduce((sum, value) => sum + value, 0) / values.length };
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
