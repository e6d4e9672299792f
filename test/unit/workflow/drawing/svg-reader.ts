/** Reads a picture back: where its boxes are, where its arrows go, and whether it is XML at all. */

export interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Way {
  readonly from: string;
  readonly to: string;
  /** On the way, ends included. */
  readonly points: readonly (readonly [number, number])[];
}

export function boxesOf(svg: string): readonly Box[] {
  const groups = svg.matchAll(
    /<g transform="translate\((\d+) (\d+)\)">.*?class="sb-room" width="(\d+)" height="(\d+)".*?font-weight="600">([^<]*)</g,
  );
  return [...groups].map(([, x, y, width, height, name = '']) => ({
    name,
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }));
}

const key = (x: number, y: number): string => `${x},${y}`;

/** Every part that begins at an M. */
export function waysOf(svg: string): readonly Way[] {
  return [...svg.matchAll(/class="sb-way" d="([^"]*)"/g)].flatMap(([, d = '']) =>
    d.split('M').slice(1).map(wayOf),
  );
}

function wayOf(text: string): Way {
  const [head = '', ...rest] = text.split(/(?=[HC])/);
  const [x0 = 0, y0 = 0] = head.trim().split(' ').map(Number);
  let [x, y] = [x0, y0];
  const points: (readonly [number, number])[] = [[x, y]];
  for (const part of rest) {
    const numbers = part.slice(1).trim().split(' ').map(Number);
    const [ax = 0, ay = 0, bx = 0, by = 0, ex = 0, ey = 0] = part.startsWith('C')
      ? numbers
      : [x, y, numbers[0] ?? 0, y, numbers[0] ?? 0, y];
    for (let i = 1; i <= 40; i += 1) points.push(bezier([x, y], [ax, ay], [bx, by], [ex, ey], i / 40));
    [x, y] = [ex, ey];
  }
  return { from: key(x0, y0), to: key(x, y), points };
}

type Point = readonly [number, number];

function bezier(a: Point, b: Point, c: Point, d: Point, t: number): Point {
  const u = 1 - t;
  const at = (i: 0 | 1) => u ** 3 * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t ** 3 * d[i];
  return [at(0), at(1)];
}

/** Names of the boxes that arrows from this one lead to, without going through another box. */
export function reachOf(name: string, boxes: readonly Box[], ways: readonly Way[]): string[] {
  const box = boxes.find((one) => one.name === name);
  if (box === undefined) throw new Error(`no box ${name}`);
  const seen = new Set<string>();
  const found = new Set<string>();
  const queue = [key(box.x + box.width, box.y + 15)];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const [x = 0, y = 0] = at.split(',').map(Number);
    const end = boxes.find((one) => one.x - x >= 0 && one.x - x <= 8 && y === one.y + 15);
    if (end !== undefined) found.add(end.name);
    else queue.push(...ways.filter((way) => way.from === at).map((way) => way.to));
  }
  return [...found];
}

/** Throws for what is no well-formed XML of elements, attributes and text. */
export function checkXml(text: string): void {
  const open: string[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u.test(text))
    throw new Error('a character that XML forbids');
  for (const [, tag, body] of text.matchAll(/<([^>]*)>([^<]*)/g)) checkPart(tag ?? '', body ?? '', open);
  if (open.length > 0) throw new Error(`never closed: ${open.join(' ')}`);
}

function checkPart(tag: string, body: string, open: string[]): void {
  if (/&(?!(?:amp|lt|gt|quot);)/.test(body + tag)) throw new Error(`a bare & in ${body}`);
  const closing = /^\/([a-z]+)$/.exec(tag)?.[1];
  if (closing !== undefined) {
    if (open.pop() !== closing) throw new Error(`</${closing}> closes something else`);
    return;
  }
  const [, name = '', end] = /^([a-zA-Z]+)(?:\s+[a-zA-Z0-9:-]+="[^"<]*")*\s*(\/?)$/.exec(tag) ?? [];
  if (name === '') throw new Error(`no tag: <${tag}>`);
  if (end !== '/') open.push(name);
}
