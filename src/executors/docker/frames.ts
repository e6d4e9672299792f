/**
 * The stream of an attached container: frames of stdout and stderr, one after the other, each with a header of
 * eight bytes (stream, three zeros, length), as the Engine API describes under "Stream format".
 *
 * dockerode has this too, but calls itself for every frame, so that a program which writes single bytes ends it.
 * A frame is handed on as it comes in, not kept until it is whole.
 */

const HEADER_BYTES = 8;
const STREAMS = [undefined, 'stdout', 'stderr'] as const;

export type FrameSink = (stream: 'stdout' | 'stderr', bytes: Buffer) => void;

export class Frames {
  readonly #sink: FrameSink;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #stream: 'stdout' | 'stderr' = 'stdout';
  /** Bytes of the present frame that are still to come. */
  #missing = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** False while a frame has begun and is not at its end. */
  get isBetween(): boolean {
    return this.#missing === 0 && this.#headerBytes === 0;
  }

  /** @throws Error for what is no such stream */
  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      at += this.#missing === 0 ? this.#readHeader(chunk, at) : this.#readContent(chunk, at);
    }
  }

  #readHeader(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#header, this.#headerBytes, at);
    this.#headerBytes += taken;
    if (this.#headerBytes < HEADER_BYTES) return taken;
    const stream = STREAMS[this.#header.readUInt8(0)];
    if (stream === undefined) throw new Error('what it sends is not the output of a container');
    this.#headerBytes = 0;
    this.#stream = stream;
    this.#missing = this.#header.readUInt32BE(4);
    return taken;
  }

  #readContent(chunk: Buffer, at: number): number {
    const content = chunk.subarray(at, at + this.#missing);
    this.#missing -= content.length;
    this.#sink(this.#stream, content);
    return content.length;
  }
}
