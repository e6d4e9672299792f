/** Options that several commands have. */
import { type Command, Option } from 'commander';
import { collect, collectAmounts, collectPair, wholeNumber } from './values.ts';

/** As in ledger/store-file.ts, which is not loaded for a help text. */
const DEFAULT_STORE = '.signalbox/runs.db';

export interface StoreOptions {
  readonly store?: string;
  readonly json?: boolean;
}

export function withStore(command: Command): Command {
  return command
    .option('--store <file>', `file with the runs (default: "${DEFAULT_STORE}")`)
    .option('--json', 'print one JSON object per line, and nothing else');
}

export const storeFile = ({ store }: StoreOptions): string => store ?? DEFAULT_STORE;

export interface RunningOptions extends StoreOptions {
  readonly param?: Readonly<Record<string, string>>;
  readonly params?: string;
  readonly resources?: Readonly<Record<string, number>>;
  readonly parallel?: number;
  readonly quiet?: boolean;
}

/** Of commands that run something. */
export function withRunning(command: Command): Command {
  return withStore(command)
    .addOption(
      new Option('-p, --param <name=value>', 'a parameter; may be given several times').argParser(
        collectPair,
      ),
    )
    .option('--params <file>', 'parameters as a JSON object in a file; --param goes before it')
    .addOption(
      new Option('--resources <label=amount,...>', 'capacities that tasks are admitted against').argParser(
        collectAmounts,
      ),
    )
    .addOption(
      new Option('--parallel <n>', 'tasks at once (default: the number of cores)').argParser(wholeNumber),
    )
    .option('-q, --quiet', 'say only what failed, and how it ended');
}

export interface FileOptions {
  readonly import?: readonly string[];
  readonly workflows?: string;
}

/** Of commands that read a workflow file. */
export function withFile(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--import <module>',
        'a module that registers functions; may be given several times',
      ).argParser(collect),
    )
    .option('--workflows <folder>', 'where files named by `trigger` are (default: the folder of the file)');
}
