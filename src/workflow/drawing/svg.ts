/**
 * A plan as a picture: one SVG text that needs nothing else. Jobs are boxes in columns by depth with their stages as
 * rows; needs are arrows that run between the columns; finally jobs stand behind a dashed line. Pure; equal plans give
 * equal texts.
 */
import type { WorkflowPlan } from '../model.ts';
import type { Place } from './layers.ts';
import { count, type JobOutline, type Outline, outlineOf } from './outline.ts';
import { hueOf, styleRules, type Theme } from './palette.ts';
import { cellsIn, clean, escapeXml, shorten, widthOf } from './picture-text.ts';
import {
  badgeOf,
  FACT_HEIGHT,
  FACT_SIZE,
  GAP,
  HEADER_HEIGHT,
  HEADER_SIZE,
  INDENT,
  kindOf,
  PADDING,
  ROW_HEIGHT,
  type Room,
  type Row,
  TEXT_SIZE,
} from './rooms.ts';
import { arrange, type Column, type Scene, SHEET } from './scene.ts';
import { waysOf } from './ways.ts';

export interface SvgOptions {
  /** `auto`: as the reader's screen is set. Default `auto`. */
  readonly theme?: Theme;
}

const TITLE_SIZE = 18;
/** Jobs that the description for screen readers names. */
const JOBS_DESCRIBED = 50;

export function planSvg(plan: WorkflowPlan, { theme = 'auto' }: SvgOptions = {}): string {
  const outline = outlineOf(plan);
  const scene = arrange(outline);
  const { width, height, left } = scene;
  const cells = cellsIn(width - 2 * left, TITLE_SIZE);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${TEXT_SIZE}">
<title>${escapeXml(outline.name)}</title>
<desc>${escapeXml(describe(outline))}</desc>
<style>
${styleRules(theme)}
</style>
<rect class="sb-page" width="100%" height="100%"/>
<text class="sb-text" x="${left}" y="34" font-size="${TITLE_SIZE}" font-weight="600">${escapeXml(shorten(clean(outline.name), cells))}</text>
<text class="sb-dim" x="${left}" y="54">${escapeXml(shorten(subtitle(outline), cellsIn(width - 2 * left, TEXT_SIZE)))}</text>
${[...lastLine(scene), ...waysOf(scene), ...scene.columns.flatMap(columnSvg)].join('\n')}
</svg>
`;
}

function subtitle({ jobs, stageCount, description }: Outline): string {
  const counts = `${count(jobs.length, 'job')}, ${count(stageCount, 'stage')}`;
  const about = clean(description).trim();
  return about === '' ? counts : `${counts} - ${about}`;
}

function describe(outline: Outline): string {
  const named = outline.jobs.slice(0, JOBS_DESCRIBED).map(({ id, needs, rule, isFinally }) => {
    const after = needs.length === 0 ? '' : ` after ${needs.join(', ')}`;
    return `${id}${after}${rule === 'all_success' ? '' : ` (${rule})`}${isFinally ? ' finally' : ''}`;
  });
  const more = outline.jobs.length > JOBS_DESCRIBED ? ['and more'] : [];
  return `${subtitle(outline)}: ${[...named, ...more].join('; ')}`;
}

function lastLine({ finallyX, height }: Scene): readonly string[] {
  if (finallyX === undefined) return [];
  return [
    `<line class="sb-last" x1="${finallyX}" x2="${finallyX}" y1="72" y2="${height - 12}"/>`,
    `<text class="sb-dim" x="${finallyX + 8}" y="80" font-size="${FACT_SIZE}">finally</text>`,
  ];
}

function columnSvg({ x, width, places, top }: Column): readonly string[] {
  return places.flatMap((place) =>
    place.room === undefined ? [] : [roomSvg(place, place.room, x, width, top)],
  );
}

function roomSvg({ y }: Place, room: Room, x: number, width: number, top: number): string {
  const { job, facts, rows, height } = room;
  const factLines = facts.map((fact, i) => factSvg(fact, HEADER_HEIGHT + i * FACT_HEIGHT, width));
  const first = HEADER_HEIGHT + facts.length * FACT_HEIGHT;
  const rowLines = rows.map((row, i) => rowSvg(row, first + i * ROW_HEIGHT, width));
  return `<g transform="translate(${x} ${y + top})">${[
    ...sheets(job, width, height),
    `<rect class="sb-room" width="${width}" height="${height}" rx="6"${job.isFinally ? ' stroke-dasharray="6 4"' : ''}/>`,
    headerSvg(job, width),
    ...factLines,
    ...guides(rows, first),
    ...rowLines,
  ].join('')}</g>`;
}

/** A job with a matrix is a pile: its stages run once per combination. */
function sheets({ combinations }: JobOutline, width: number, height: number): readonly string[] {
  if (combinations === undefined || combinations < 2) return [];
  const offsets = combinations === 2 ? [SHEET / 2] : [SHEET, SHEET / 2];
  return offsets.map(
    (by) => `<rect class="sb-sheet" x="${by}" y="${by}" width="${width}" height="${height}" rx="6"/>`,
  );
}

function headerSvg(job: JobOutline, width: number): string {
  const badge = badgeOf(job);
  const taken = 2 * PADDING + (badge === '' ? 0 : GAP + widthOf(badge, HEADER_SIZE));
  const id = clean(job.id);
  const shown = shorten(id, cellsIn(width - taken, HEADER_SIZE));
  const name = `<text class="sb-text" x="${PADDING}" y="20" font-size="${HEADER_SIZE}" font-weight="600">${escapeXml(shown)}${hint(shown, id)}</text>`;
  if (badge === '') return name;
  return `${name}<text class="sb-control" x="${width - PADDING}" y="20" font-size="${HEADER_SIZE}" text-anchor="end">${badge}</text>`;
}

function factSvg(fact: string, y: number, width: number): string {
  const shown = shorten(fact, cellsIn(width - 2 * PADDING, FACT_SIZE));
  return `<text class="sb-dim" x="${PADDING}" y="${y + 9}" font-size="${FACT_SIZE}">${escapeXml(shown)}${hint(shown, fact)}</text>`;
}

function rowSvg({ indent, stage, text }: Row, y: number, width: number): string {
  const x = PADDING + indent * INDENT;
  const kind = kindOf(stage);
  const room = width - PADDING - x - (kind === '' ? 0 : GAP + widthOf(kind, FACT_SIZE));
  const shown = shorten(text, Math.max(4, cellsIn(room, TEXT_SIZE)));
  const tone = stage === undefined || stage.kind === 'branch' ? 'sb-dim' : 'sb-text';
  const name = `<text class="${tone}" x="${x}" y="${y + 14}">${escapeXml(shown)}</text>`;
  const facts = factsBeside(stage, x + widthOf(`${shown}  `, TEXT_SIZE), x + room, y);
  const right =
    stage === undefined || kind === ''
      ? ''
      : `<text class="sb-${hueOf(stage.kind)}" x="${width - PADDING}" y="${y + 14}" font-size="${FACT_SIZE}" text-anchor="end">${kind}</text>`;
  const whole = [text, stage?.detail ?? '', ...(stage?.facts ?? [])].filter((part) => part !== '');
  return `<g>${whole.length > 1 || shown !== text ? `<title>${escapeXml(whole.join('\n'))}</title>` : ''}${name}${facts}${right}</g>`;
}

const LEAST_CELLS = 6;

/** What is said beside the name of a stage, where there is room for it. */
function factsBeside(stage: Row['stage'], from: number, to: number, y: number): string {
  const cells = cellsIn(to - from, FACT_SIZE);
  if (stage === undefined || stage.facts.length === 0 || cells < LEAST_CELLS) return '';
  const shown = shorten(clean(stage.facts.join(', ')), cells);
  return `<text class="sb-dim" x="${from.toFixed(1)}" y="${y + 14}" font-size="${FACT_SIZE}">${escapeXml(shown)}</text>`;
}

/** Lines along what is nested in a stage. */
function guides(rows: readonly Row[], first: number): readonly string[] {
  return rows.flatMap(({ indent }, i) => {
    const below = rows.slice(i + 1).findIndex((row) => row.indent <= indent);
    const length = below === -1 ? rows.length - 1 - i : below;
    if (length === 0) return [];
    const x = PADDING + indent * INDENT + 3.5;
    const [from, to] = [first + (i + 1) * ROW_HEIGHT, first + (i + 1 + length) * ROW_HEIGHT - 4];
    return [`<line class="sb-guide" x1="${x}" x2="${x}" y1="${from}" y2="${to}"/>`];
  });
}

/** The whole text, for who points at one that was cut. */
function hint(shown: string, whole: string): string {
  return shown === whole ? '' : `<title>${escapeXml(whole)}</title>`;
}
