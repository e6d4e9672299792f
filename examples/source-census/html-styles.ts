/** The style sheet of the page. */
export const STYLES = `
:root {
  color-scheme: light dark;
  --paper: #faf9f6; --card: #ffffff; --ink: #1d2430; --quiet: #667085; --line: #e4e2dc;
  --find: #d9862b; --measure: #2f6fdf; --measure-process: #12a594; --report: #8b5cf6; --bad: #d6394c;
  --use: #2f6fdf2e; --use-edge: #2f6fdf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11151c; --card: #191f29; --ink: #e7eaf0; --quiet: #94a0b3; --line: #2b3340;
    --find: #f0a24b; --measure: #5b93ff; --measure-process: #2cc4b1; --report: #a98bff; --bad: #ff6b7a;
    --use: #5b93ff33; --use-edge: #5b93ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 48px 24px 64px; max-width: 1040px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
}
h1 { margin: 0; font-size: 26px; line-height: 1.25; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 0 0 14px; font-size: 16px; }
p { margin: 0 0 12px; }
.eyebrow { margin: 0 0 4px; color: var(--measure); font-weight: 600; font-size: 13px; }
.quiet, i { color: var(--quiet); font-style: normal; }
code, .path { font: 13px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
ul { list-style: none; margin: 0; padding: 0; }
section { margin-top: 20px; padding: 22px 24px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 12px; margin-top: 24px; }
.cards li { padding: 16px 18px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.cards b { display: block; font-size: 24px; line-height: 1.3; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.cards i { display: block; font-size: 13px; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg .label, svg .faint { fill: var(--quiet); }
svg .faint { font-size: 11px; }
svg .value { font-variant-numeric: tabular-nums; }
svg .kind, svg .measure { fill: var(--measure); }
svg .find { fill: var(--find); }
svg .measure.process { fill: var(--measure-process); }
svg .report { fill: var(--report); }
svg .failed, svg .cancelled { fill: var(--bad); }
svg .on-bar { fill: var(--card); font-size: 11px; pointer-events: none; }
svg .tick, svg .floor { stroke: var(--line); stroke-width: 1; }
svg .in-use { fill: var(--use); stroke: var(--use-edge); stroke-width: 1; }
svg .capacity { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 4 4; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; margin-bottom: 14px; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend svg { width: 12px; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 8px 0 0; font-variant-numeric: tabular-nums; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 500; font-size: 13px; color: var(--quiet); }
th, td { padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
tbody tr:last-child td { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.meter { width: 18%; padding: 0 0 0 10px; }
meter { display: block; width: 100%; height: 8px; border: 0; border-radius: 4px; background: var(--line); }
meter::-webkit-meter-bar { height: 8px; border: 0; border-radius: 4px; background: var(--line); }
meter::-webkit-meter-optimum-value { border-radius: 4px; background: var(--measure); }
meter::-moz-meter-bar { border-radius: 4px; background: var(--measure); }
.duplicates > li + li { margin-top: 14px; padding-top: 14px; border-top: 1px solid var(--line); }
.duplicates p { margin: 0 0 2px; }
footer { margin-top: 28px; font-size: 13px; }
@media (max-width: 640px) { body { padding: 24px 12px; } section { padding: 16px; } .meter { display: none; } }
`;
