/** The timeline of a run as a picture: one SVG file that needs nothing else. */
import type { StoredRun } from '../../stores/store.ts';
import { clean } from '../terminal/safe-text.ts';
import { dateTime, duration } from '../terminal/times.ts';
import type { Bar, Bars, Row } from './bars.ts';

const WIDTH = 1200;
const NAMES = 280;
const PADDING = 24;
const ROW = 22;
const TOP = 64;
const TICKS_WANTED = 8;
const NAME_CHARS = 38;

const COLOURS: Readonly<Record<Bar['end'], string>> = {
  succeeded: '#2f9e62',
  failed: '#d64545',
  cancelled: '#d69e2e',
  running: '#3b82c4',
};

export function ganttSvg(run: StoredRun, { rows, from, to }: Bars): string {
  const total = Math.max(1, rows.length === 0 ? 1 : to - from);
  const x = (at: number): number => NAMES + ((at - from) / total) * (WIDTH - NAMES - PADDING);
  const bottom = TOP + rows.length * ROW;
  const took = run.startedAt === undefined ? '' : duration((run.finishedAt ?? to) - run.startedAt);
  const title = `${run.name}  ${run.state}  ${took}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 40}" viewBox="0 0 ${WIDTH} ${bottom + 40}" font-family="ui-monospace, monospace" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${PADDING}" y="28" font-size="16" fill="#1a202c">${escapeXml(title)}</text>
<text x="${PADDING}" y="46" fill="#718096">${escapeXml(`${run.id}  ${dateTime(run.startedAt ?? run.createdAt)}`)}</text>
${ticks(total, bottom).join('\n')}
${rows.map((row, i) => rowSvg(row, TOP + i * ROW, x)).join('\n')}
</svg>
`;
}

function rowSvg({ path, bars }: Row, y: number, x: (at: number) => number): string {
  const name = clean(path.join(' > '));
  const shown = name.length <= NAME_CHARS ? name : `…${name.slice(1 - NAME_CHARS)}`;
  const rects = bars.map(({ from, to, end }) => {
    const width = Math.max(2, x(to) - x(from));
    const text = `${name}: ${end}, ${duration(to - from)}`;
    return `<rect x="${x(from).toFixed(1)}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" rx="3" fill="${COLOURS[end]}"><title>${escapeXml(text)}</title></rect>`;
  });
  return `<g><text x="${NAMES - 12}" y="${y + 15}" text-anchor="end" fill="#2d3748">${escapeXml(shown)}</text>${rects.join('')}</g>`;
}

function ticks(total: number, bottom: number): readonly string[] {
  const step = roundStep(total / TICKS_WANTED);
  const count = Math.floor(total / step) + 1;
  return Array.from({ length: count }, (_, i) => {
    const at = (NAMES + ((i * step) / total) * (WIDTH - NAMES - PADDING)).toFixed(1);
    return `<line x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${bottom + 6}" stroke="#e2e8f0"/><text x="${at}" y="${bottom + 22}" text-anchor="middle" fill="#718096">${i === 0 ? '0' : duration(i * step)}</text>`;
  });
}

/** 1, 2 or 5 times a power of ten, and no less than `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}

function escapeXml(text: string): string {
  return clean(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
