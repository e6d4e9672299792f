/** The command line: what may be written, and what a mistake is told. */
import { availableParallelism } from 'node:os';

export interface CensusOptions {
  readonly folder: string;
  readonly out: string;
  /** Capacity of the `cpu` label. */
  readonly cpu: number;
  /** Capacity of the `mem` label, in megabytes. */
  readonly memMb: number;
  readonly quiet: boolean;
}

export type CommandLine =
  | { readonly kind: 'census'; readonly options: CensusOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const DEFAULT_OUT = 'out/source-census.html';
const DEFAULT_MEM_MB_PER_CPU = 64;

export const USAGE = 'usage: source-census [folder] [--out FILE] [--cpu N] [--mem MB] [--quiet] [--help]';

export const HELP = `${USAGE}

Counts, hashes and compresses every file of a folder, on threads and in child processes, and says which
files are the largest, which are copies of each other, and how the work was scheduled.

  folder        what to count; in a git checkout ignored files are left out (default: the working folder)
  --out FILE    where the HTML report goes (default: ${DEFAULT_OUT})
  --cpu N       capacity of the label "cpu": how much is measured at once (default: ${availableParallelism()}, the cores)
  --mem MB      capacity of the label "mem", in megabytes (default: ${DEFAULT_MEM_MB_PER_CPU} per cpu)
  --quiet       no progress and no tables: one line, and what went wrong
  --help        this text

Ctrl-C stops the work and says what was done; a second Ctrl-C leaves at once.
Exit code: 0 done, 1 something could not be measured, 2 wrong usage, 130 stopped by Ctrl-C.
`;

/** Options that take a value, those that do not, and how each changes what was read so far. */
type Draft = {
  -readonly [K in keyof CensusOptions]: K extends 'memMb' ? number | undefined : CensusOptions[K];
};

const VALUES: Readonly<Record<string, (draft: Draft, value: string) => string | undefined>> = {
  '--out': (draft, value) => {
    draft.out = value;
    return undefined;
  },
  '--cpu': (draft, value) => {
    draft.cpu = Number(value);
    return wholeNumber('--cpu', value, 'such as --cpu 4');
  },
  '--mem': (draft, value) => {
    draft.memMb = Number(value);
    return wholeNumber('--mem', value, 'of megabytes, such as --mem 256');
  },
};

/** Reads the arguments after the program's name. Changes nothing and never throws. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const draft: Draft = {
    folder: '.',
    out: DEFAULT_OUT,
    cpu: availableParallelism(),
    memMb: undefined,
    quiet: false,
  };
  const folders: string[] = [];
  const rest = args.flatMap(splitAtEquals);
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--help' || arg === '-h') return { kind: 'help' };
    else if (arg === '--quiet' || arg === '-q') draft.quiet = true;
    else if (arg === '--') folders.push(...rest.splice(0));
    else if (!arg.startsWith('-')) folders.push(arg);
    else {
      const problem = readValue(draft, arg, rest);
      if (problem !== undefined) return { kind: 'wrong', problem };
    }
  }
  if (folders.length > 1) {
    return {
      kind: 'wrong',
      problem: `${folders.length} folders were given (${folders.join(', ')}); allowed: one`,
    };
  }
  const { memMb = draft.cpu * DEFAULT_MEM_MB_PER_CPU } = draft;
  return { kind: 'census', options: { ...draft, memMb, folder: folders[0] ?? draft.folder } };
}

/** `--cpu=4` is `--cpu 4`. */
function splitAtEquals(arg: string): readonly string[] {
  const at = arg.indexOf('=');
  return arg.startsWith('--') && at !== -1 ? [arg.slice(0, at), arg.slice(at + 1)] : [arg];
}

function readValue(draft: Draft, name: string, rest: string[]): string | undefined {
  const read = VALUES[name];
  if (read === undefined) return `unknown option ${name}; allowed: --out, --cpu, --mem, --quiet, --help`;
  const value = rest.shift();
  if (value === undefined || value === '') return `${name} needs a value`;
  return read(draft, value);
}

function wholeNumber(name: string, value: string, example: string): string | undefined {
  const fits = /^\d+$/.test(value) && Number(value) >= 1 && Number.isSafeInteger(Number(value));
  return fits
    ? undefined
    : `${name} was ${JSON.stringify(value)}; allowed: a whole number from 1 on, ${example}`;
}
