import { Option } from 'commander';
import { type StoreOptions, withStore } from '../options/shared.ts';
import { collect, collectAmounts, wholeNumber } from '../options/values.ts';
import type { Register } from '../program.ts';

export interface ServeCommandOptions extends StoreOptions {
  readonly import?: readonly string[];
  readonly resources?: Readonly<Record<string, number>>;
  readonly parallel?: number;
  readonly catchUp?: boolean;
  readonly list?: boolean;
}

export const serve: Register = (program, { output, exit }) =>
  withStore(program.command('serve'))
    .description('run the workflows of a folder at the times of their schedules')
    .argument('<folder>', 'the folder with the workflow files')
    .option('--list', 'print the schedules, what ran last and what was missed; start nothing')
    .option('--catch-up', 'run the newest time that each workflow has missed')
    .addOption(
      new Option(
        '--import <module>',
        'a module that registers functions; may be given several times',
      ).argParser(collect),
    )
    .addOption(
      new Option('--resources <label=amount,...>', 'capacities that tasks are admitted against').argParser(
        collectAmounts,
      ),
    )
    .addOption(
      new Option('--parallel <n>', 'tasks at once (default: the number of cores)').argParser(wholeNumber),
    )
    .addHelpText('after', HELP)
    .action(async (folder: string, options: ServeCommandOptions) => {
      if (options.list === true) {
        const { listFolder } = await import('../serving/list-folder.ts');
        exit(await listFolder(folder, options, output));
        return;
      }
      const { serveFolder } = await import('../serving/serve-folder.ts');
      exit(await serveFolder(folder, options, output));
    });

const HELP = `
A time that nobody was there for is not run later: it is recorded as a cancelled run with the
reason "missed" (or "overlap", when the release before it was still running).

Examples:
  signalbox serve flows
  signalbox serve flows --list
  signalbox runs --name nightly
  signalbox resume nightly@2026-11-21T02:00Z         run one that was missed after all`;
