/** The two charts of the page, as inline SVG. Pure: data in, markup out; colours come from the page's CSS. */
import type { KindOfFile } from './report.ts';
import type { RunRecord, Sample } from './run-record.ts';
import { endedSpans, STAGE_NAMES, type Where } from './summary.ts';
import { assignLanes, type LaneSpan } from './timeline.ts';
import { count, duration, number } from './words.ts';

const WIDTH = 960;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const KINDS_SHOWN = 12;
const KIND_ROW = 26;
const KIND_LABEL = 110;
const KIND_VALUE = 90;

/** Lines by kind of file: one horizontal bar each. */
export function kindsChart(kinds: readonly KindOfFile[]): string {
  const shown = kinds.filter((kind) => kind.lines > 0).slice(0, KINDS_SHOWN);
  const most = Math.max(1, ...shown.map((kind) => kind.lines));
  const rows = shown.map((kind, row) => {
    const y = row * KIND_ROW;
    const width = Math.max(2, (kind.lines / most) * (WIDTH - KIND_LABEL - KIND_VALUE));
    const title = `${kind.extension}: ${count(kind.lines, 'line')} in ${count(kind.files, 'file')}`;
    return `<g><title>${escapeHtml(title)}</title>
<text class="label" x="${KIND_LABEL - 10}" y="${y + 17}" text-anchor="end">${escapeHtml(kind.extension.slice(0, 14))}</text>
<rect class="kind" x="${KIND_LABEL}" y="${y + 4}" width="${width.toFixed(1)}" height="${KIND_ROW - 8}" rx="3"/>
<text class="value" x="${(KIND_LABEL + width + 8).toFixed(1)}" y="${y + 17}">${number(kind.lines)}</text></g>`;
  });
  return svg(shown.length * KIND_ROW, 'Lines by kind of file', rows);
}

const LANE_ROW = 22;
const AXIS = 26;
const STRIP = 44;
const STRIP_GAP = 14;
const MARGIN = 64;
const LETTER = 6.2;

/** Tasks as bars, one row per slot; below, how much of each resource was in use. */
export function timelineChart(record: RunRecord, where: ReadonlyMap<string, Where>): string {
  const total = Math.max(1, record.lastAt - record.startedAt);
  const x = (at: number): number => MARGIN + ((at - record.startedAt) / total) * (WIDTH - MARGIN - 8);
  const lanes = assignLanes(endedSpans(record));
  const rows = 1 + Math.max(0, ...lanes.map((span) => span.lane));
  const strips = [...record.capacities].map(([label, capacity], index) => {
    const top = rows * LANE_ROW + AXIS + index * (STRIP + STRIP_GAP);
    return strip({ label, capacity, samples: record.samples.get(label) ?? [], top, endAt: record.lastAt }, x);
  });
  const height = rows * LANE_ROW + AXIS + record.capacities.size * (STRIP + STRIP_GAP);
  const parts = [
    ...axis(total, rows * LANE_ROW, height, (ms) => x(record.startedAt + ms)),
    ...Array.from({ length: rows }, (_, lane) => laneLabel(lane)),
    ...lanes.map((span) => taskBar(span, where.get(span.id) ?? 'inline', x)),
    ...strips,
  ];
  return svg(height, 'Tasks over time, and resources in use', parts);
}

function laneLabel(lane: number): string {
  return `<text class="label" x="${MARGIN - 10}" y="${lane * LANE_ROW + 15}" text-anchor="end">slot ${lane + 1}</text>`;
}

function taskBar(span: LaneSpan, where: Where, x: (at: number) => number): string {
  const from = x(span.startedAt);
  // What took less than a millisecond is still to be seen; neighbours keep a hair's breadth apart.
  const width = Math.max(1.5, x(span.endedAt) - from - 0.75);
  const y = span.lane * LANE_ROW + 2;
  const stage = STAGE_NAMES[span.stage] ?? 'report';
  const waited = `waited ${duration(span.startedAt - span.queuedAt)}`;
  const took = `took ${duration(span.endedAt - span.startedAt)}`;
  const title = `${span.name}\n${stage}, ${where}: ${waited}, ${took}${span.end === 'succeeded' ? '' : `, ${span.end}`}`;
  const letters = Math.floor((width - 8) / LETTER);
  const text = letters < 5 ? '' : barText(span.name, letters, from + 5, y + 13);
  const classes = `task ${stage} ${where} ${span.end}`;
  return `<g><title>${escapeHtml(title)}</title><rect class="${classes}" x="${from.toFixed(1)}" y="${y}" \
width="${width.toFixed(1)}" height="${LANE_ROW - 4}" rx="3"/>${text}</g>`;
}

function barText(name: string, letters: number, x: number, y: number): string {
  const text = name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
  return `<text class="on-bar" x="${x.toFixed(1)}" y="${y}">${escapeHtml(text)}</text>`;
}

interface Strip {
  readonly label: string;
  readonly capacity: number;
  readonly samples: readonly Sample[];
  readonly top: number;
  readonly endAt: number;
}

/** Steps, not slopes: an amount holds until it changes. */
function strip({ label, capacity, samples, top, endAt }: Strip, x: (at: number) => number): string {
  const floor = top + STRIP;
  const y = (inUse: number): number => floor - (inUse / capacity) * (STRIP - 6);
  const first = samples[0]?.at ?? endAt;
  const steps = samples.map(({ at, inUse }) => `H${x(at).toFixed(1)}V${y(inUse).toFixed(1)}`);
  const path = `M${x(first).toFixed(1)} ${floor}${steps.join('')}H${x(endAt).toFixed(1)}V${floor}Z`;
  return `<g><title>${escapeHtml(label)} in use, of ${capacity}</title>
<text class="label" x="${MARGIN - 10}" y="${top + 18}" text-anchor="end">${escapeHtml(label)}</text>
<text class="faint" x="${MARGIN - 10}" y="${top + 34}" text-anchor="end">of ${number(capacity)}</text>
<path class="in-use" d="${path}"/>
<line class="capacity" x1="${MARGIN}" x2="${WIDTH - 8}" y1="${y(capacity)}" y2="${y(capacity)}"/>
<line class="floor" x1="${MARGIN}" x2="${WIDTH - 8}" y1="${floor}" y2="${floor}"/></g>`;
}

const TICKS_WANTED = 8;

function axis(
  totalMs: number,
  labelsAt: number,
  height: number,
  x: (ms: number) => number,
): readonly string[] {
  const step = roundStep(totalMs / TICKS_WANTED);
  const ticks = Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, index) => index * step);
  return ticks.map((ms) => {
    const at = x(ms).toFixed(1);
    const text = ms === 0 ? '0' : duration(ms).replace(/\.?0+ s$/, ' s');
    return `<line class="tick" x1="${at}" x2="${at}" y1="0" y2="${height}"/>
<text class="faint" x="${at}" y="${labelsAt + 15}" text-anchor="middle">${text}</text>`;
  });
}

/** 1, 2 or 5 times a power of ten, and no less than `atLeast`. */
function roundStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, atLeast)));
  return [1, 2, 5].map((factor) => factor * power).find((step) => step >= atLeast) ?? 10 * power;
}

function svg(height: number, label: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">${parts.join('\n')}</svg>`;
}
