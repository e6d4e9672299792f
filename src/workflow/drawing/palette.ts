/** Colours of the picture, as style rules: light, dark, or as the reader's screen is set. */
import type { StageOutline } from './outline.ts';

export type Theme = 'auto' | 'light' | 'dark';

type Hue = 'code' | 'call' | 'outside' | 'control' | 'raise' | 'empty';

interface Palette {
  readonly page: string;
  readonly room: string;
  readonly line: string;
  readonly text: string;
  readonly dim: string;
  readonly arrow: string;
  readonly guide: string;
  readonly hues: Readonly<Record<Hue, string>>;
}

const LIGHT: Palette = {
  page: '#ffffff',
  room: '#f6f8fa',
  line: '#c3ccd6',
  text: '#1b2733',
  dim: '#59636e',
  arrow: '#8a97a6',
  guide: '#d8dee4',
  hues: {
    code: '#0b5cad',
    call: '#7537b8',
    outside: '#0c6e68',
    control: '#8a5200',
    raise: '#b3261e',
    empty: '#59636e',
  },
};

const DARK: Palette = {
  page: '#0d1117',
  room: '#171d26',
  line: '#3a4453',
  text: '#e6edf3',
  dim: '#98a4b1',
  arrow: '#6f7b89',
  guide: '#2b3440',
  hues: {
    code: '#79b8ff',
    call: '#cfa6ff',
    outside: '#5fd0c5',
    control: '#e8b45a',
    raise: '#ff8a80',
    empty: '#98a4b1',
  },
};

export function hueOf(kind: StageOutline['kind']): Hue {
  switch (kind) {
    case 'bash':
    case 'py':
    case 'js':
    case 'virtual-py':
      return 'code';
    case 'call':
      return 'call';
    case 'docker':
    case 'trigger':
      return 'outside';
    case 'parallel':
    case 'foreach':
    case 'until':
    case 'case':
      return 'control';
    case 'raise':
      return 'raise';
    case 'empty':
    case 'branch':
      return 'empty';
    default:
      return kind satisfies never;
  }
}

/** Names begin with `sb-`: a picture that is put into a page shares its rules with all of it. */
export function styleRules(theme: Theme): string {
  switch (theme) {
    case 'light':
      return rules(LIGHT);
    case 'dark':
      return rules(DARK);
    case 'auto':
      return `${rules(LIGHT)}\n@media (prefers-color-scheme: dark) {\n${rules(DARK)}\n}`;
    default:
      return theme satisfies never;
  }
}

function rules({ page, room, line, text, dim, arrow, guide, hues }: Palette): string {
  return [
    `.sb-page{fill:${page}}`,
    `.sb-room,.sb-sheet{fill:${room};stroke:${line}}`,
    `.sb-rule{fill:${page};stroke:${arrow}}`,
    `.sb-text{fill:${text}}`,
    `.sb-dim{fill:${dim}}`,
    `.sb-way{fill:none;stroke:${arrow};stroke-width:1.5}`,
    `.sb-head{fill:${arrow}}`,
    `.sb-guide{fill:none;stroke:${guide}}`,
    `.sb-last{fill:none;stroke:${arrow};stroke-dasharray:5 5}`,
    ...Object.entries(hues).map(([hue, colour]) => `.sb-${hue}{fill:${colour}}`),
  ].join('\n');
}
