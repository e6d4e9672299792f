/** Functions that the data job calls by name. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { register } from 'signalbox/workflow';
import { z } from 'zod';

const address = z.object({ url: z.url(), table: z.string().regex(/^\w+$/) });

register(
  'tables',
  'download',
  async ({ url, table }, { signal, emitProgress }) => {
    emitProgress(undefined, `asking for ${table}`);
    const response = await fetch(`${url}/${table}.csv`, { signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} for ${response.url}: ${text}`);
    return { text, bytes: text.length };
  },
  { input: address },
);

register('tables', 'parse', ({ text }) => ({ rows: parseCsv(text) }), {
  input: z.object({ text: z.string() }),
});

register(
  'files',
  'write',
  async ({ path, lines }) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${lines.join('\n')}\n`);
    return { path, lines: lines.length };
  },
  { input: z.object({ path: z.string(), lines: z.array(z.string()) }) },
);

/** Comma-separated values with quoted fields, as records by the header. */
function parseCsv(text) {
  const [header = [], ...rows] = text
    .trim()
    .split(/\r?\n/)
    .map((line) =>
      [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
        .slice(0, -1)
        .map(([, field = '']) => field.replace(/^"|"$/g, '').replaceAll('""', '"').trim()),
    );
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}
