/** `serve`: runs schedules until it is told to stop; then waits for what runs, or ends it when told again. */
import { basename, dirname, extname, join } from 'node:path';
import type { Logger } from '../../core/logger.ts';
import { Scheduler } from '../../scheduler.ts';
import { fileMemory, type ServeReport, type Service, serveWorkflows } from '../../workflow/serve/index.ts';
import type { ServeCommandOptions } from '../commands/serve.ts';
import { EXIT } from '../exit-codes.ts';
import { storeToWrite } from '../ledger/store-file.ts';
import { storeFile } from '../options/shared.ts';
import type { Output } from '../output.ts';
import { Interrupt } from '../running/interrupt.ts';
import { asInput, newLaunch } from '../running/launch.ts';
import { ReportLines, reportFacts } from './report-lines.ts';
import { scheduleFacts, scheduleTable } from './schedule-table.ts';

/** Releases whose body is active at once; what they run is bounded by --parallel and --resources. */
const RELEASES_AT_ONCE = 1_000;

/** Gives the exit code: 0 after a stop that waited, 130 after one that did not. */
export async function serveFolder(
  folder: string,
  options: ServeCommandOptions,
  output: Output,
): Promise<number> {
  const store = storeToWrite(storeFile(options));
  const { resources, parallel } = newLaunch(folder, options);
  const scheduler = new Scheduler({
    resources,
    taskParallelism: parallel,
    pipelineParallelism: RELEASES_AT_ONCE,
    store,
    logger: loggerTo(output, (process.env['SIGNALBOX_DEBUG'] ?? '') !== ''),
  });
  try {
    return await untilStopped(folder, scheduler, options, output);
  } finally {
    await scheduler.close({ mode: 'abort' });
    await store.close();
  }
}

async function untilStopped(
  folder: string,
  scheduler: Scheduler,
  options: ServeCommandOptions,
  output: Output,
): Promise<number> {
  const lines = new ReportLines(output.style);
  const tell = (report: ServeReport): void => {
    if (options.json === true) output.json(reportFacts(report));
    else output.print(...lines.of(report));
  };
  const stop = new Stop();
  const interrupt = new Interrupt({ first: () => stop.ask(), second: () => stop.force() });
  try {
    const service = await serveWorkflows({
      folder,
      scheduler,
      logger: loggerTo(output, true),
      memory: fileMemory(memoryFile(storeFile(options))),
      catchUp: options.catchUp ?? false,
      load: { imports: newLaunch(folder, options).imports },
      inputOf: (file) => asInput(newLaunch(file, { ...options, workflows: folder })),
      report: tell,
    });
    greet(service, folder, options, output);
    await stop.asked;
    return await end(service, scheduler, stop, output);
  } finally {
    interrupt.ignore();
  }
}

/** Beside the file with the runs. */
function memoryFile(store: string): string {
  return join(dirname(store), `${basename(store, extname(store))}.schedules.json`);
}

function greet({ workflows }: Service, folder: string, { json }: ServeCommandOptions, output: Output): void {
  if (json === true) output.json({ type: 'serving', folder, workflows: workflows.map(scheduleFacts) });
  else if (workflows.length === 0)
    output.print(`no workflow in ${folder} has a schedule yet; files are read again when they change`);
  else output.print('', ...scheduleTable(workflows, output), '');
  output.note('serving; Ctrl-C stops it');
}

async function end(service: Service, scheduler: Scheduler, stop: Stop, output: Output): Promise<number> {
  output.note('stopping: nothing new is released; waiting for what runs; Ctrl-C again ends it');
  await Promise.race([service.close(), stop.forced]);
  if (!stop.isForced) return EXIT.succeeded;
  output.note('ending what runs; Ctrl-C once more leaves at once');
  await Promise.all([scheduler.close({ mode: 'abort' }), service.close()]);
  return EXIT.cancelled;
}

/** Asked once, forced the second time. */
class Stop {
  isForced = false;
  readonly asked: Promise<void>;
  readonly forced: Promise<void>;
  ask: () => void = () => {};
  #force: () => void = () => {};

  constructor() {
    this.asked = new Promise((resolve) => {
      this.ask = resolve;
    });
    this.forced = new Promise((resolve) => {
      this.#force = resolve;
    });
  }

  force(): void {
    this.isForced = true;
    this.#force();
  }
}

function loggerTo(output: Output, warnings: boolean): Logger {
  const note = (message: string, ...rest: readonly unknown[]): void =>
    output.note(
      [message, ...rest.map((one) => (one instanceof Error ? one.message : ''))].join(' ').trimEnd(),
    );
  return { debug: () => {}, info: () => {}, warn: warnings ? note : () => {}, error: note };
}
