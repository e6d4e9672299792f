/** The command line program: wires the census to a scheduler, a progress display and a report. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Scheduler, threadExecutor } from '../../src/index.ts';
import { Census } from './census.ts';
import { type CensusOptions, HELP, readCommandLine, USAGE } from './command-line.ts';
import type { PageInput } from './html.ts';
import { Interrupt } from './interrupt.ts';
import type { Ledger } from './ledger.ts';
import { headline, problemLines, reportLines, summaryLines } from './print-report.ts';
import { whyUnreadable } from './problem.ts';
import { unwatched, watch } from './progress.ts';
import type { Report } from './report.ts';
import { RunRecord } from './run-record.ts';
import { endedSpans, summarise } from './summary.ts';
import { printable, styleFor, widthOf } from './terminal.ts';
import { number } from './words.ts';
import { prepareToWrite, writePage } from './write-page.ts';

const EXIT = { done: 0, failed: 1, wrongUsage: 2 } as const;

async function main(args: readonly string[]): Promise<number> {
  const commandLine = readCommandLine(args);
  switch (commandLine.kind) {
    case 'help':
      print(HELP.trimEnd());
      return EXIT.done;
    case 'wrong':
      return complain(`${commandLine.problem}\n${USAGE}`, EXIT.wrongUsage);
    case 'census': {
      const { options } = commandLine;
      const problem = (await folderProblem(options.folder)) ?? (await prepareToWrite(options.out));
      return problem === undefined ? takeCensus(options) : complain(problem, EXIT.wrongUsage);
    }
    default:
      return commandLine satisfies never;
  }
}

async function takeCensus(options: CensusOptions): Promise<number> {
  const { cpu, memMb } = options;
  const resources = { cpu, mem: memMb };
  const scheduler = new Scheduler({
    resources,
    // Cheap commands may share a core, so there may be more tasks than cores: the amounts are what limits.
    taskParallelism: 4 * cpu,
    // A task that does not fit yet may be passed by smaller ones, so that no core idles; but seldom, so that the
    // files are finished in order, and a stop half-way leaves many of them done rather than all of them begun.
    admission: { policy: 'backfill', bypassLimit: 2 },
    executors: { thread: threadExecutor({ maxThreads: cpu }) },
  });
  const record = new RunRecord(resources);
  record.follow(scheduler.events$);
  const census = new Census({ folder: resolve(options.folder), cpu, memMb });
  const { events$ } = scheduler;
  const progress = options.quiet
    ? unwatched(process.stderr)
    : watch(process.stderr, { events$, record, ledger: census.ledger });
  const handle = scheduler.runPipeline(census, { name: 'source census' });
  const interrupt = new Interrupt(() => {
    progress.say('stopping what runs; Ctrl-C again leaves at once');
    handle.requestTerminate('stopped from outside');
  });
  const outcome = await handle.outcome();
  await scheduler.close({ mode: 'abort' });
  progress.end();
  interrupt.ignore(); // from here on it is a matter of milliseconds, and Ctrl-C may simply end the process
  if (interrupt.exitCode !== undefined) return stopped(census.ledger, record, interrupt.exitCode);
  if (outcome.kind !== 'succeeded' || outcome.value === undefined)
    return complain(explain(outcome.error), EXIT.failed);
  return finish(outcome.value, { record, where: census.where }, options);
}

async function finish(
  report: Report,
  { record, where }: Pick<PageInput, 'record' | 'where'>,
  options: CensusOptions,
): Promise<number> {
  const style = styleFor(process.stdout);
  const summary = summarise(record, where);
  if (report.totals.files === 0) return complain(nothingToCount(report, options.folder), EXIT.failed);
  if (options.quiet) print(headline(report), ...problemLines(report, style));
  else print(...reportLines(report, widthOf(process.stdout), style), ...summaryLines(summary, style), '');
  try {
    await writePage(options.out, { folder: resolve(options.folder), report, summary, record, where });
  } catch (error) {
    return complain(`the report cannot be written to ${options.out}: ${whyUnreadable(error)}`, EXIT.failed);
  }
  print(`The report with charts: ${style.accent(options.out)}`);
  return report.problems.length === 0 ? EXIT.done : EXIT.failed;
}

function stopped(ledger: Ledger, record: RunRecord, exitCode: number): number {
  const { total, done, failed, begun, waiting } = ledger.counts(record);
  if (total === 0)
    return complain('stopped while looking for files: nothing was measured, no report was written', exitCode);
  const unread = failed === 0 ? '' : `, ${number(failed)} could not be measured`;
  const counts = `${number(done)} done, ${number(begun)} interrupted, ${number(waiting)} not started${unread}`;
  const cutOff = interruptedTasks(record).map((name) => `interrupted: ${printable(name)}`);
  return complain(
    [`stopped: of ${number(total)} files, ${counts}`, ...cutOff, 'no report was written'].join('\n'),
    exitCode,
  );
}

const INTERRUPTED_SHOWN = 8;

function interruptedTasks(record: RunRecord): readonly string[] {
  const cutOff = endedSpans(record).filter((span) => span.end === 'cancelled');
  return cutOff.slice(0, INTERRUPTED_SHOWN).map((span) => span.name);
}

async function folderProblem(folder: string): Promise<string | undefined> {
  const shown = printable(folder);
  try {
    const stats = await stat(folder);
    return stats.isDirectory() ? undefined : `${shown} is a file; allowed: a folder`;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing ? `there is no folder ${shown}` : `${shown} cannot be looked at: ${explain(error)}`;
  }
}

function nothingToCount({ problems, skipped }: Report, folder: string): string {
  const [first] = problems;
  if (first !== undefined)
    return `nothing in ${folder} could be measured; ${printable(first.path)}: ${first.why}`;
  const others = skipped === 0 ? '' : ', only links and special files';
  return `there is nothing to count in ${printable(folder)}: it holds no files${others}`;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = 'hint' in error && typeof error.hint === 'string' ? `\nhint: ${error.hint}` : '';
  return `${error.message}${hint}`;
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function complain(problem: string, exitCode: number): number {
  process.stderr.write(`source-census: ${problem}\n`);
  return exitCode;
}

// Whoever reads our output may stop reading, as `| head` does. That is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// The exit code is set rather than forced: if something were left running, we would see it.
process.exitCode = await main(process.argv.slice(2));
