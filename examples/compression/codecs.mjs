/** Functions that the workflow calls by name. Each tells how far it is. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createBrotliCompress, createBrotliDecompress, createGunzip, createGzip } from 'node:zlib';
import { register } from 'signalbox/workflow';
import { z } from 'zod';

const CODECS = {
  gzip: { compress: (level) => createGzip({ level }), restore: createGunzip },
  brotli: {
    compress: (level) => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: level } }),
    restore: createBrotliDecompress,
  },
};

const codec = z.enum(Object.keys(CODECS));
const file = z.string().min(1);

register(
  'archive',
  'pack',
  async ({ folders, file }, { signal }) => {
    await mkdir(dirname(file), { recursive: true });
    await promisify(execFile)('tar', ['--create', '--file', file, ...folders], { signal });
    return { file, bytes: (await stat(file)).size };
  },
  { input: z.object({ folders: z.array(z.string().regex(/^[\w./]+$/)).min(1), file }) },
);

register(
  'codecs',
  'compress',
  async ({ codec, level, file }, context) => {
    const packed = `${file}.${codec}-${level}`;
    const { size } = await stat(file);
    const read = counted(size, context);
    const steps = [createReadStream(file), read, CODECS[codec].compress(level), createWriteStream(packed)];
    await pipeline(steps, { signal: context.signal });
    const { size: left } = await stat(packed);
    return { codec, level, file: packed, percent: Math.round((1000 * left) / size) / 10 };
  },
  { input: z.object({ codec, level: z.int().min(1).max(9), file }) },
);

register(
  'codecs',
  'restore',
  async ({ codec, file, original }, context) => {
    const [restored, wanted] = await Promise.all([
      digest(file, context, CODECS[codec].restore()),
      digest(original, context),
    ]);
    if (restored !== wanted) throw new Error(`${file} does not come back as it was`);
    return { sha256: restored };
  },
  { input: z.object({ codec, file, original: file }) },
);

register(
  'report',
  'write',
  async ({ file, packed }) => {
    const rows = packed
      .toSorted((a, b) => a.percent - b.percent)
      .map(({ codec, level, percent }) => `| ${codec} | ${level} | ${percent} % |`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, ['| codec | level | left |', '| --- | ---: | ---: |', ...rows, ''].join('\n'));
    return { file, best: packed.length === 0 ? 'nothing' : rows[0] };
  },
  {
    input: z.object({
      file,
      packed: z.array(z.object({ codec, level: z.int(), percent: z.number() })),
    }),
  },
);

/** Passes on what it reads, and tells how much of `size` that is. */
function counted(size, { emitProgress }) {
  let bytes = 0;
  return new Transform({
    transform(chunk, _encoding, next) {
      bytes += chunk.length;
      emitProgress((100 * bytes) / size, `${megabytes(bytes)} of ${megabytes(size)} MB`);
      next(undefined, chunk);
    },
  });
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

async function digest(file, { signal }, ...through) {
  const hash = createHash('sha256');
  const sum = new Writable({
    write(chunk, _encoding, next) {
      hash.update(chunk);
      next();
    },
  });
  await pipeline([createReadStream(file), ...through, sum], { signal });
  return hash.digest('hex');
}
