/** Serves the tables of this folder: the "somewhere else" that the data job downloads from. Prints its address. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const server = createServer(async ({ url }, response) => {
  const name = /^\/(\w+)\.csv$/.exec(url ?? '')?.[1];
  try {
    const text = await readFile(new URL(`./tables/${name}.csv`, import.meta.url));
    response.writeHead(200, { 'content-type': 'text/csv' }).end(text);
  } catch {
    response.writeHead(404).end(`no table ${url}`);
  }
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
});
process.once('SIGTERM', () => server.close(() => process.exit(0)));
