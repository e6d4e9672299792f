import type { ResourceVector } from './resource-vector.ts';

/**
 * Where a ticket is, as far as admission is concerned:
 * - `out`: neither queued nor admitted
 * - `queued`: may be admitted
 * - `stale`: was taken out of the queue, its entry is not swept up yet; queueing it again revives the entry
 * - `admitted`: holds a slot and its resources
 */
export type TicketPlace = 'out' | 'queued' | 'stale' | 'admitted';

/** What admission needs to know of a task. The supervisor's row is one; only admission writes to it. */
export interface Ticket {
  /** Larger goes first. */
  readonly priority: number;
  /** Larger goes first: what is nearly done is finished before more is begun. */
  readonly stage: number;
  /** Smaller goes first. */
  readonly pipeline: number;
  /** Smaller goes first. Unique within the pipeline. */
  readonly position: number;
  readonly vector: ResourceVector;
  /** Starts as `out`. */
  place: TicketPlace;
  /** Larger keys admitted while this was the smallest of the queue, in its present stay there (S4). */
  passedBy: number;
}

/** Negative when `a` goes before `b`: the queue key (-priority, -stage, pipeline, position) of rule 4. */
export function compareTickets(a: Ticket, b: Ticket): number {
  return b.priority - a.priority || b.stage - a.stage || a.pipeline - b.pipeline || a.position - b.position;
}

/** As `compareTickets`; no ticket goes after any. */
export function compareOptional(a: Ticket | undefined, b: Ticket | undefined): number {
  if (b === undefined) return -1;
  return a === undefined ? 1 : compareTickets(a, b);
}
