/**
 * Run to completion: one event at a time, whoever sends it. What a transition sends waits in the agenda until
 * that transition is over; what reaches an actor from outside waits there too.
 *
 * Owns: the order of events between rows, and the way of an event through its row's actor, if it has one.
 * Does not own: what an event does (`step`).
 */
import { taskLogic } from '../../machines/compiled.ts';
import type { PipelineEvent, StageEvent, TaskEvent } from '../../machines/protocol.ts';
import type { PipelineRow, Row, StageRow, TaskRow } from './rows.ts';

export type AnyEvent = TaskEvent | PipelineEvent | StageEvent;

export type Letter =
  | { readonly row: TaskRow; readonly event: TaskEvent }
  | { readonly row: PipelineRow; readonly event: PipelineEvent }
  | { readonly row: StageRow; readonly event: StageEvent };

export interface Steps {
  stepTask(row: TaskRow, event: TaskEvent): void;
  /** Moves the row, or refuses the event. */
  step(row: Row, event: AnyEvent): void;
  refuse(row: Row, event: AnyEvent): void;
}

export class Mailbox {
  readonly #steps: Steps;
  #busy = false;
  #agenda: Letter[] = [];
  /** The event that is on its way through an actor. */
  #inHand: object | undefined = undefined;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** As `send`, for the most frequent case; returns whether the machine takes the event. */
  sendTask(row: TaskRow, event: TaskEvent): boolean {
    if (this.#busy) {
      this.#agenda.push({ row, event });
      return taskLogic.edgeFor(row.snapshot, event) !== undefined;
    }
    const before = row.snapshot;
    this.#busy = true;
    try {
      this.#deliverTask(row, event);
      const taken = row.snapshot !== before;
      if (this.#agenda.length > 0) this.#workOff();
      return taken;
    } finally {
      this.#busy = false;
    }
  }

  send(letter: Letter): void {
    if (this.#busy) {
      this.#agenda.push(letter);
      return;
    }
    this.#busy = true;
    try {
      this.#deliver(letter);
      if (this.#agenda.length > 0) this.#workOff();
    } finally {
      this.#busy = false;
    }
  }

  /**
   * An actor was given an event, and calls this as its transition function. What came from here is taken the
   * step; what came from outside (`actor.send`) is copied first, since a stranger's object may do anything when
   * it is read, and waits like everything else.
   */
  fromActor(row: Row, event: AnyEvent): void {
    if (event === this.#inHand) {
      this.#inHand = undefined;
      return this.#steps.step(row, event);
    }
    const copy = readable(event);
    if (copy === undefined) return this.#steps.refuse(row, event);
    if (this.#busy) {
      this.#agenda.push({ row, event: copy } as Letter);
      return undefined;
    }
    this.#busy = true;
    try {
      this.#steps.step(row, copy);
      this.#workOff();
    } finally {
      this.#busy = false;
    }
    return undefined;
  }

  /** What the transition sent, and what that sends, in order. */
  #workOff(): void {
    const agenda = this.#agenda;
    try {
      for (let i = 0; i < agenda.length; i += 1) {
        const next = agenda[i];
        if (next !== undefined) this.#deliver(next);
      }
    } finally {
      this.#agenda = [];
    }
  }

  #deliver({ row, event }: Letter): void {
    if (row.kind === 'task') return this.#deliverTask(row, event as TaskEvent);
    if (row.actor === undefined || isDeaf(row.actor, row)) return this.#steps.step(row, event);
    this.#inHand = event;
    return row.actor.deliver(event as never);
  }

  #deliverTask(row: TaskRow, event: TaskEvent): void {
    if (row.actor === undefined || isDeaf(row.actor, row)) return this.#steps.stepTask(row, event);
    this.#inHand = event;
    return row.actor.deliver(event);
  }
}

/** XState drops what a stopped actor is given; the row is moved (or refuses) without it. */
function isDeaf(actor: { readonly stopped: boolean }, row: Row): boolean {
  return actor.stopped || row.snapshot.leaf.final;
}

/** A plain copy of somebody's event; undefined for what is no event, or throws when it is read. */
function readable<E extends object>(event: E): E | undefined {
  if (typeof event !== 'object' || event === null) return undefined;
  try {
    return { ...event };
  } catch {
    return undefined;
  }
}
