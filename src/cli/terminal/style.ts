/** Colours and signs: which of them the reader of a stream can see. */
import picocolors from 'picocolors';

export type Paint = (text: string) => string;

export interface Signs {
  readonly succeeded: string;
  readonly failed: string;
  readonly cancelled: string;
  readonly blocked: string;
  readonly skipped: string;
  readonly waiting: string;
  readonly running: string;
  readonly child: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly full: string;
  readonly empty: string;
  readonly spinner: readonly string[];
}

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly accent: Paint;
  readonly signs: Signs;
}

const UNICODE: Signs = {
  succeeded: '✔',
  failed: '✖',
  cancelled: '⊘',
  blocked: '⊘',
  skipped: '⊘',
  waiting: '◌',
  running: '▸',
  child: '↳',
  dot: '·',
  ellipsis: '…',
  full: '█',
  empty: '░',
  spinner: [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'],
};

const ASCII: Signs = {
  succeeded: '+',
  failed: 'x',
  cancelled: '!',
  blocked: '!',
  skipped: '-',
  waiting: '.',
  running: '>',
  child: '>',
  dot: '-',
  ellipsis: '~',
  full: '#',
  empty: '.',
  spinner: ['|', '/', '-', '\\'],
};

export interface StyleOptions {
  readonly color: boolean;
  readonly unicode: boolean;
}

export function makeStyle({ color, unicode }: StyleOptions): Style {
  const { bold, dim, green, red, yellow, cyan } = picocolors.createColors(color);
  return {
    bold,
    dim,
    good: green,
    bad: red,
    warn: yellow,
    accent: cyan,
    signs: unicode ? UNICODE : ASCII,
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What is known of where a text goes. */
export interface Target {
  readonly isTTY?: boolean | undefined;
}

/** For this stream, as the environment asks. */
export function styleFor(stream: Target, env: Environment = process.env): Style {
  return makeStyle({ color: hasColor(stream, env), unicode: hasUnicode(env) });
}

/** NO_COLOR (no-color.org), then FORCE_COLOR (force-color.org), then whether it is a terminal. */
export function hasColor({ isTTY }: Target, env: Environment): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTTY === true && env['TERM'] !== 'dumb';
}

/** A locale that says it has no Unicode is believed; one that says nothing is taken to have it. */
export function hasUnicode(env: Environment, platform: string = process.platform): boolean {
  if (platform === 'win32')
    return ['WT_SESSION', 'TERMINUS_SUBLIME', 'TERM_PROGRAM', 'ConEmuTask', 'CI'].some((name) => name in env);
  if (env['TERM'] === 'linux') return false;
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((one) => (one ?? '') !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}

/** A terminal whose lines can be drawn over. */
export function isLive({ isTTY }: Target, env: Environment = process.env): boolean {
  return isTTY === true && env['TERM'] !== 'dumb';
}
