import type { Spread } from '../statistics.mjs';

/** One thing to measure in a process of its own, and the row it belongs to. */
export interface Job {
  readonly id: string;
  readonly section:
    | 'tasks'
    | 'queued'
    | 'growth'
    | 'attempts'
    | 'runs'
    | 'durable'
    | 'dag'
    | 'recovery'
    | 'workflows'
    | 'exploration'
    | 'import';
  readonly label: string;
  /** A file in `measures/`. */
  readonly measure: string;
  /** A file in `runners/`; empty where the measure needs none. */
  readonly runner: string;
  readonly n: number;
  readonly rounds: number;
  /** Which turn this is, from 0; set for the child alone. */
  readonly round?: number;
  /** A folder for this one measurement, removed after it; set for the child alone. */
  readonly folder?: string;
  /** Of durable tasks; default `strict`. */
  readonly durability?: 'strict' | 'relaxed';
  /** Tasks at once; for the database alone, tasks per commit. */
  readonly inFlight?: number;
  /** Whether runs are written to a store. Default no. */
  readonly stored?: boolean;
  /** Of the run that is recovered. */
  readonly style?: 'code' | 'graph';
  /** The id of the row it is compared with; empty for none. */
  readonly against: string;
  /** What a peer does not do that we do, or a remark. */
  readonly note: string;
}

/** All results of a job, over the rounds. `values` holds the spread of every number. */
export interface Row {
  readonly job: Job;
  readonly values: Readonly<Record<string, Spread>>;
  /** Samples of the last round, by name. */
  readonly lists: Readonly<Record<string, readonly number[]>>;
  /** Why there is nothing, or less than asked for. */
  readonly problem: string | undefined;
}

/** Numbers by name. The names differ per measure; lists are the samples of one measurement. */
export type Result = Readonly<Record<string, number | readonly number[] | string>>;
