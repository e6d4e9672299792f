/** One run of the memory store: its facts, and the answers that are read from them. */
import type { MemoryOwner } from './memory.ts';
import { eventsOf } from './moves.ts';
import {
  eventsOfMove,
  type MoveFacts,
  type RecordedParts,
  recordedRun,
  recordedTask,
  stagePath,
  storedRun,
  storedTask,
} from './reading.ts';
import type { EventRequest } from './requests.ts';
import type {
  GroupRecord,
  RecordedRun,
  RunMessage,
  RunRecord,
  SentMessage,
  StoredEvent,
  StoredRun,
  StoredTask,
  TaskRecord,
  ValueRecord,
} from './store.ts';
import { emptyTally, isAttemptOver, RunningTotals } from './totals.ts';

/** A move as it stands in the ledger. */
type Move = Pick<MoveFacts, 'seq' | 'subject' | 'move' | 'attempt' | 'at' | 'previous'>;

export class MemoryRun {
  readonly record: RunRecord;
  readonly key: number;
  fence = 1;
  owner: MemoryOwner | undefined;
  closed = false;
  readonly stages = new Map<number, string | undefined>();
  readonly tasks = new Map<number, TaskRecord>();
  readonly moves: Move[] = [];
  /** By subject. */
  readonly totals = new Map<number, RunningTotals>();
  /** By seq. */
  readonly payloads = new Map<number, string>();
  readonly values: ValueRecord[] = [];
  readonly groups: GroupRecord[] = [];
  /** Sent and not taken. */
  messages: SentMessage[] = [];
  #lastMessage = 0;

  constructor(record: RunRecord, key: number, owner: MemoryOwner) {
    this.record = record;
    this.key = key;
    this.owner = owner;
  }

  get id(): string {
    return this.record.run.id;
  }

  addMove(seq: number, subject: number, move: number, attempt: number, at: number): void {
    let totals = this.totals.get(subject);
    if (totals === undefined) {
      totals = new RunningTotals();
      this.totals.set(subject, totals);
    }
    totals.add(seq, move, attempt, at);
    this.moves.push({ seq, subject, move, attempt, at, previous: totals.previous });
  }

  addMessage(message: RunMessage, at: number): void {
    this.#lastMessage += 1;
    this.messages.push({ runId: this.id, ordinal: this.#lastMessage, message, at });
  }

  recorded(childRuns: RecordedRun['childRuns']): RecordedRun {
    const last = this.moves.at(-1);
    const parts: RecordedParts = {
      closed: this.closed,
      nextSeq: last === undefined ? 1 : last.seq + eventsOf(last.move),
      stages: [...this.stages]
        .sort(([a], [b]) => a - b)
        .map(([index, name]) => ({ index, name, path: stagePath(this.totals.get(-1 - index)) })),
      tasks: this.#inOrder().map((task) => {
        const totals = this.totals.get(task.position);
        return recordedTask({ ...task, ...task.spec }, totals, this.#payloadOf(totals));
      }),
      values: this.values
        .map(({ ordinal, kind, value }) => ({ ordinal, kind, value }))
        .sort((a, b) => a.ordinal - b.ordinal),
      groups: this.groups
        .filter(({ position, attempt }) => !isAttemptOver(attempt, this.totals.get(position)))
        .map(({ position, attempt, pid, startTime }) => ({ position, attempt, pid, startTime })),
      messages: [...this.messages],
      childRuns,
    };
    const totals = this.totals.get(0);
    return recordedRun({ ...this.record, id: this.id }, totals, this.#payloadOf(totals), parts);
  }

  stored(): StoredRun {
    const tasks = emptyTally();
    for (const position of this.tasks.keys()) tasks[this.totals.get(position)?.state ?? 'queued'] += 1;
    const totals = this.totals.get(0);
    return storedRun({ ...this.record, id: this.id }, totals, this.#payloadOf(totals), {
      tasks,
      closed: this.closed,
      owner: this.owner?.identity,
    });
  }

  storedTasks(): StoredTask[] {
    return this.#inOrder().map((task) => this.#storedTask(task));
  }

  storedTask(id: string): StoredTask | undefined {
    for (const task of this.tasks.values()) if (task.id === id) return this.#storedTask(task);
    return undefined;
  }

  events({ after, limit }: EventRequest): StoredEvent[] {
    const told: StoredEvent[] = [];
    for (const move of this.moves) {
      if (move.seq + 1 <= after) continue;
      for (const event of eventsOfMove({ ...move, ...this.#namesOf(move) })) {
        if (event.runSeq > after && told.length < limit) told.push(event);
      }
      if (told.length >= limit) break;
    }
    return told;
  }

  #namesOf({ seq, subject }: Move): Omit<MoveFacts, keyof Move> {
    const task = this.tasks.get(subject);
    return {
      runId: this.id,
      runName: this.record.name,
      payload: this.payloads.get(seq),
      task: task === undefined ? undefined : { id: task.id, name: task.spec.name, stage: task.stage },
      stageName: this.stages.get(-1 - subject),
    };
  }

  #storedTask(task: TaskRecord): StoredTask {
    const totals = this.totals.get(task.position);
    const dependsOn = task.parents.flatMap((position) => this.tasks.get(position)?.id ?? []);
    const payload = this.#payloadOf(totals);
    return storedTask(this.id, { ...task, ...task.spec }, totals, payload, {
      dependsOn,
      options: task.spec.options,
    });
  }

  #inOrder(): TaskRecord[] {
    return [...this.tasks.values()].sort((a, b) => a.position - b.position);
  }

  #payloadOf(totals: RunningTotals | undefined): string | undefined {
    return totals === undefined ? undefined : this.payloads.get(totals.seq);
  }
}
