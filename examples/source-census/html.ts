/** The report as one page: no script, no request to anywhere, light or dark as the reader's system is. */
import { escapeHtml, kindsChart, timelineChart } from './charts.ts';
import { STYLES } from './html-styles.ts';
import { type Duplicates, type Report, spareBytes } from './report.ts';
import type { RunRecord } from './run-record.ts';
import type { Summary, Where } from './summary.ts';
import { count, duration, number, percent, size } from './words.ts';

export interface PageInput {
  readonly folder: string;
  readonly report: Report;
  readonly summary: Summary;
  readonly record: RunRecord;
  readonly where: ReadonlyMap<string, Where>;
}

export function page(input: PageInput): string {
  const { folder, report, record } = input;
  const when = new Date(record.startedAt).toISOString().slice(0, 16).replace('T', ' ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Source census of ${escapeHtml(folder)}</title>
<style>${STYLES}</style>
</head>
<body>
<header><p class="eyebrow">Source census</p>
<h1>${escapeHtml(folder)}</h1>
<p class="quiet">${when} UTC</p></header>
${cards(input)}
${section('Lines by kind of file', kindsChart(report.kinds))}
${section('How it ran', runSection(input))}
${section('Largest files', largestTable(report))}
${section('Duplicate contents', duplicatesList(report.duplicates))}
${problemsSection(report)}
<footer class="quiet">Measured by the pipeline in examples/source-census, scheduled by Signalbox.</footer>
</body>
</html>
`;
}

function section(title: string, body: string): string {
  return `<section><h2>${title}</h2>${body}</section>`;
}

function cards({ report, summary }: PageInput): string {
  const { totals, binaryFiles, duplicates } = report;
  const spare = duplicates.reduce((sum, group) => sum + spareBytes(group), 0);
  const share = totals.bytes === 0 ? '' : `${percent(totals.gzipBytes / totals.bytes)} when gzipped`;
  const all: readonly (readonly [string, string, string])[] = [
    [
      number(totals.files),
      totals.files === 1 ? 'file' : 'files',
      binaryFiles === 0 ? 'all text' : `${number(binaryFiles)} binary`,
    ],
    [number(totals.lines), 'lines', `${number(totals.lines / Math.max(1, totals.files))} per file`],
    [size(totals.bytes), 'in all', share],
    [size(spare), 'in duplicates', count(duplicates.length, 'content')],
    [duration(summary.elapsedMs), 'elapsed', count(summary.tasks, 'task')],
  ];
  const items = all.map(
    ([value, what, detail]) => `<li><b>${value}</b><span>${what}</span><i>${detail}</i></li>`,
  );
  return `<ul class="cards">${items.join('')}</ul>`;
}

function runSection({ summary, record, where }: PageInput): string {
  const { queueWait, resources } = summary;
  const used = resources.map(
    ({ label, utilisation, peak, capacity }) =>
      `<b>${escapeHtml(label)}</b> ${percent(utilisation)} used, peak ${number(peak)} of ${number(capacity)}`,
  );
  const waited = `<b>queue wait</b> p50 ${duration(queueWait.p50Ms)}, p99 ${duration(queueWait.p99Ms)}`;
  const legend = [
    ['find thread', 'find the files'],
    ['measure thread', 'measure, on threads'],
    ['measure process', 'measure, by commands'],
    ['report inline', 'build the report'],
  ].map(
    ([classes, text]) =>
      `<li><svg viewBox="0 0 12 12"><rect class="task ${classes}" width="12" height="12" rx="3"/></svg>${text}</li>`,
  );
  return `<p class="quiet">Every task says how much <code>cpu</code> and <code>mem</code> it takes, and is admitted as soon
as that fits. A row is a slot; below is what was in use, against the capacity (dashed).</p>
<ul class="legend">${legend.join('')}</ul>
${timelineChart(record, where)}
<p class="facts">${[...used, waited].map((fact) => `<span>${fact}</span>`).join('')}</p>`;
}

function largestTable({ largest }: Report): string {
  const most = Math.max(1, ...largest.map((file) => file.bytes));
  const rows = largest.map(
    ({ path, bytes, gzipBytes, lines, binary }) => `<tr><td class="path">${escapeHtml(path)}</td>
<td class="number">${binary ? '<i>binary</i>' : number(lines)}</td><td class="number">${size(gzipBytes)}</td>
<td class="number">${size(bytes)}</td><td class="meter"><meter max="${most}" value="${bytes}">${size(bytes)}</meter></td></tr>`,
  );
  return `<table><thead><tr><th>file</th><th class="number">lines</th><th class="number">gzipped</th>
<th class="number">size</th><th></th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

const DUPLICATES_SHOWN = 100;

function duplicatesList(duplicates: readonly Duplicates[]): string {
  if (duplicates.length === 0) return '<p class="quiet">No two files have the same content.</p>';
  const items = duplicates.slice(0, DUPLICATES_SHOWN).map((group) => {
    const paths = group.paths.map((path) => `<li class="path">${escapeHtml(path)}</li>`);
    const spare = `${size(spareBytes(group))} to spare`;
    return `<li><p><b>${group.paths.length} × ${size(group.bytes)}</b> <span class="quiet">${spare}, sha256
<code>${escapeHtml(group.sha256.slice(0, 12))}</code></span></p><ul>${paths.join('')}</ul></li>`;
  });
  const hidden = duplicates.length - items.length;
  const more = hidden > 0 ? `<p class="quiet">and ${number(hidden)} smaller ones</p>` : '';
  return `<ul class="duplicates">${items.join('\n')}</ul>${more}`;
}

function problemsSection({ problems, notes, skipped }: Report): string {
  const links =
    skipped === 0
      ? []
      : [`${count(skipped, 'link or special file', 'links and special files')} not measured`];
  const remarks = [...notes, ...links].map((note) => `<li class="quiet">${escapeHtml(note)}</li>`);
  const rows = problems.map(
    ({ path, why }) => `<tr><td class="path">${escapeHtml(path)}</td><td>${escapeHtml(why)}</td></tr>`,
  );
  const table =
    rows.length === 0
      ? ''
      : section('Could not be measured', `<table><tbody>${rows.join('\n')}</tbody></table>`);
  return remarks.length === 0
    ? table
    : `${table}${section('Notes', `<ul class="notes">${remarks.join('')}</ul>`)}`;
}
