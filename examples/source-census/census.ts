/**
 * The pipeline. Stage 0 finds the files, stage 1 measures them, stage 2 makes the report. This is all there is
 * to say about *what* to do; how much of it happens at once is the scheduler's business, which knows what
 * every task asks for.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Pipeline, type TaskBuilder, type TaskHandle } from '../../src/index.ts';
import { isBinaryFile, type Measured } from './file-facts.ts';
import type { Found, FoundFile } from './find-files.ts';
import { Ledger } from './ledger.ts';
import { batchAmounts, planFiles, toolAmounts, totalBytes, within } from './plan.ts';
import { whyUnreadable } from './problem.ts';
import { buildReport, type Report } from './report.ts';
import type { Where } from './summary.ts';
import { lookTask, measureTask, walkTask } from './thread-tasks.ts';
import {
  firstWord,
  GIT_LS_FILES,
  MEASURING_TOOLS,
  missingTools,
  readGitList,
  type Tool,
  toolCommand,
} from './tools.ts';

export interface CensusInput {
  /** An absolute path. */
  readonly folder: string;
  readonly cpu: number;
  readonly memMb: number;
}

/** A task that was asked to stop gets this long before its thread or process is ended by force. */
const GRACE_MS = 1_000;

export class Census extends Pipeline<Report> {
  /** What became of every file: also of use when the run does not get to its end. */
  readonly ledger = new Ledger();
  /** Where each task ran, by its id. */
  readonly where = new Map<string, Where>();
  readonly #given: CensusInput;
  /** What the reader of the report should know about how it was made. */
  readonly #notes: string[] = [];

  constructor(given: CensusInput) {
    super();
    this.#given = given;
  }

  override async run(): Promise<Report> {
    const found = await this.#findFiles();
    this.stageForward('measure');
    const measured = await this.#measure(found.files);
    this.stageForward('report');
    const problems = [...found.problems, ...measured.problems];
    const input = { ...found, facts: measured.facts, problems, notes: this.#notes };
    const options = { name: 'build the report', resources: { cpu: 1 } };
    return this.#submit(
      'inline',
      this.task(() => buildReport(input), options),
    ).result();
  }

  async #findFiles(): Promise<Found> {
    const listed = await this.#listWithGit();
    const { folder } = this.#given;
    const resources = { cpu: 1 };
    const find =
      listed.length === 0
        ? this.task(walkTask, { args: [folder], resources })
        : this.task(lookTask, { args: [folder, listed], resources });
    return this.#submit('thread', find).result();
  }

  /** Git knows best which files are the author's own. Empty when it cannot tell. */
  async #listWithGit(): Promise<readonly string[]> {
    const { folder } = this.#given;
    if (!isInCheckout(folder) || missingTools(['git']).length > 0) return [];
    const options = { name: 'git ls-files', cwd: folder, resources: { cpu: 1 } };
    const git = this.#submit('process', this.task(GIT_LS_FILES, options));
    await this.wait([git]);
    const outcome = await git.outcome();
    if (outcome.kind === 'succeeded' && outcome.value?.truncated === false)
      return readGitList(outcome.value.stdout);
    this.#notes.push('git could not list the files, so ignored ones are counted too');
    return [];
  }

  async #measure(files: readonly FoundFile[]): Promise<Measured> {
    const missing = missingTools(MEASURING_TOOLS);
    if (missing.length > 0)
      this.#notes.push(`no ${missing.join(', ')} on PATH: large files were measured on threads too`);
    const plan = planFiles(files, this.#given.cpu, missing.length === 0);
    const works = [
      // The largest first: what takes longest should not be what is started last.
      ...plan.large.map((file) => this.#measureByCommands(file)),
      ...plan.batches.map((batch) => this.#measureOnThread(batch)),
    ];
    // Everything is submitted at once. What runs when is decided by admission, not by this code.
    const tasks = works.flatMap((work) => work.tasks);
    if (tasks.length > 0) await this.wait(tasks);
    const all = await Promise.all(works.map((work) => work.collect()));
    return { facts: all.flatMap((one) => one.facts), problems: all.flatMap((one) => one.problems) };
  }

  #measureOnThread(batch: readonly FoundFile[]): Work {
    const { folder, cpu, memMb } = this.#given;
    const resources = within(batchAmounts(batch), cpu, memMb);
    const options = { name: batchName(batch), resources, graceMs: GRACE_MS };
    const task = this.#submit('thread', this.task(measureTask, { ...options, args: [folder, batch] }));
    return this.#work(batch, [task], () => task.result());
  }

  #measureByCommands(file: FoundFile): Work {
    const { path, bytes } = file;
    const from = join(this.#given.folder, path);
    let binary: boolean;
    try {
      binary = isBinaryFile(from); // at most a few dozen short reads
    } catch (error) {
      return this.#work([file], [], async () => ({
        facts: [],
        problems: [{ path, why: whyUnreadable(error) }],
      }));
    }
    const hash = this.#tool('sha256sum', file, from);
    const gzip = this.#tool('gzip', file, from);
    const lines = binary ? [] : [this.#tool('wc', file, from)];
    return this.#work([file], [gzip, hash, ...lines], async () => {
      const [packed, sha256, counted = { stdout: '0' }] = await Promise.all([
        gzip.result(),
        hash.result(),
        ...lines.map((task) => task.result()),
      ]);
      const gzipBytes = Number(firstWord(packed.stdout));
      const facts = { path, bytes, gzipBytes, lines: Number(firstWord(counted.stdout)), binary };
      return { facts: [{ ...facts, sha256: firstWord(sha256.stdout) }], problems: [] };
    });
  }

  #tool(tool: Tool, { path, bytes }: FoundFile, file: string) {
    const { cpu, memMb } = this.#given;
    const resources = within(toolAmounts(tool, bytes), cpu, memMb);
    const options = { name: `${tool} ${path}`, resources, graceMs: GRACE_MS };
    return this.#submit('process', this.task(toolCommand(tool, file), options));
  }

  #submit<T>(where: Where, task: TaskBuilder<T>): TaskHandle<T> {
    const handle = task.run();
    this.where.set(handle.id, where);
    return handle;
  }

  /** Enters the work into the ledger; a failed task becomes a problem of each of its files. */
  #work(files: readonly FoundFile[], tasks: Work['tasks'], read: () => Promise<Measured>): Work {
    this.ledger.add({ files: files.length, bytes: totalBytes(files), taskIds: tasks.map((task) => task.id) });
    const failed = (error: unknown): Measured => ({
      facts: [],
      problems: files.map(({ path }) => ({ path, why: whyUnreadable(error) })),
    });
    return { tasks, collect: () => read().catch(failed) };
  }
}

interface Work {
  readonly tasks: readonly TaskHandle<unknown>[];
  /** Once the tasks are final. */
  collect(): Promise<Measured>;
}

function isInCheckout(folder: string): boolean {
  const parent = dirname(folder);
  return existsSync(join(folder, '.git')) || (parent !== folder && isInCheckout(parent));
}

function batchName(batch: readonly FoundFile[]): string {
  const first = batch[0]?.path ?? '';
  return batch.length === 1 ? `measure ${first}` : `measure ${batch.length} files from ${first}`;
}
