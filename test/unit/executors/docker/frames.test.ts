/** Frames of stdout and stderr. The hunted bugs: headers cut by chunks, and depth or copies that grow with frames. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { Frames } from '../../../../src/executors/docker/frames.ts';

function frame(stream: number, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

function split(chunks: readonly Buffer[]) {
  const out = { stdout: '', stderr: '' };
  const frames = new Frames((stream, bytes) => {
    out[stream] += bytes.toString('latin1');
  });
  for (const chunk of chunks) frames.write(chunk);
  return { ...out, isBetween: frames.isBetween };
}

describe('frames', () => {
  test.prop([
    fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 20 }))),
    fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1 }),
  ])('are taken apart the same wherever the connection cuts them', (parts, sizes) => {
    const all = Buffer.concat(parts.map(([stream, bytes]) => frame(stream, Buffer.from(bytes))));
    const chunks: Buffer[] = [];
    for (let at = 0, turn = 0; at < all.length; turn += 1) {
      const size = sizes[turn % sizes.length] ?? 1;
      chunks.push(all.subarray(at, at + size));
      at += size;
    }
    const of = (wanted: number) =>
      parts
        .map(([stream, bytes]) => (stream === wanted ? Buffer.from(bytes).toString('latin1') : ''))
        .join('');
    expect(split(chunks)).toEqual({ stdout: of(1), stderr: of(2), isBetween: true });
  });

  it('of single bytes, as many as fit into a chunk, neither exhaust the stack nor the time', () => {
    const single = frame(1, Buffer.from('a'));
    const { stdout } = split([Buffer.concat(Array.from({ length: 100_000 }, () => single))]);
    expect(stdout.length).toBe(100_000);
  });

  it('that end early are known to have', () => {
    const whole = frame(2, Buffer.from('abc'));
    expect(split([whole.subarray(0, 5)]).isBetween).toBe(false);
    expect(split([whole.subarray(0, 9)])).toEqual({ stdout: '', stderr: 'a', isBetween: false });
    expect(split([whole]).isBetween).toBe(true);
  });

  it('refuse what is no stream of a container', () => {
    expect(() => split([Buffer.from('plain text of a terminal')])).toThrow(/not the output of a container/);
  });
});
