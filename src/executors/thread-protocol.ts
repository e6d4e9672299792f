/**
 * What crosses between the process and its worker threads. One MessageChannel per attempt carries all of it,
 * so that output, progress, log lines and the end arrive in the order in which they were written.
 *
 * Invariants:
 * (T1) the job is posted before the port is handed over, the stop message before the stop flag is set: who
 *      sees the flag finds the reason on the port, even in a body that never yields to its event loop;
 * (T2) the end is the last message of an attempt.
 */
import type { MessagePort } from 'node:worker_threads';
import type { EncodedError } from './thread-errors.ts';

/** What piscina hands to the worker; everything else follows on the port. */
export interface ThreadTask {
  readonly port: MessagePort;
  /** One flag, at index 0: 1 when the attempt was asked to stop. Shared memory. */
  readonly stopFlag: Int32Array;
}

/** First message to the worker. */
export interface ThreadJob {
  readonly module: string;
  readonly export: string;
  readonly args: readonly unknown[];
  readonly context: {
    readonly id: string;
    readonly name: string;
    readonly runId: string;
    readonly attempt: number;
  };
}

/** The only other message to the worker. */
export interface StopMessage {
  readonly reason: EncodedError;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type ThreadEnd =
  | { readonly kind: 'succeeded'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: EncodedError }
  /** The body threw the very reason it was stopped with; the process has the original. */
  | { readonly kind: 'stopped' }
  /** The result cannot be cloned. */
  | { readonly kind: 'uncloneable'; readonly why: string }
  | { readonly kind: 'no-module'; readonly error: EncodedError }
  | { readonly kind: 'no-export'; readonly found: readonly string[] };

export type FromThread =
  | { readonly kind: 'progress'; readonly percent: number | undefined; readonly message: string | undefined }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly chunk: string }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly rest: readonly unknown[];
    }
  | { readonly kind: 'end'; readonly end: ThreadEnd };
