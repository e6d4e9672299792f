/** The HTML file on disk: whole or not at all. */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type PageInput, page } from './html.ts';
import { whyUnreadable } from './problem.ts';

/** Makes the folder before the work begins; says what is wrong, so that nobody waits for a report in vain. */
export async function prepareToWrite(file: string): Promise<string | undefined> {
  try {
    await mkdir(dirname(file), { recursive: true });
  } catch (error) {
    return `the folder of --out ${file} cannot be made: ${whyUnreadable(error)}`;
  }
  const isFolder = await stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  return isFolder ? `--out ${file} is a folder; allowed: the name of a file` : undefined;
}

/** A reader of `file` sees the old report or the new one, never half of one. */
export async function writePage(file: string, input: PageInput): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(draft, page(input));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
