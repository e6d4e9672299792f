/** The numbers of a world, in one array that is copied at once. */

/** Per run: `pc` to `runSettled`. Per task: the rest. */
const FIELDS = [
  /** Where the script of the body is. */
  'pc',
  'body',
  /** When the run's timer is due; 0 for none. */
  'runArmed',
  /** How often the final outcome was told. */
  'runSettled',
  'child',
  /** Suspensions so far. */
  'suspends',
  /** When the task's timer is due; 0 for none. */
  'armed',
  /** Attempts started and without an outcome. */
  'attemptsOpen',
  /** Attempts started. */
  'attempts',
  'settled',
  /** Larger keys admitted while this was the smallest, in its present stay in the queue. */
  'passed',
] as const;
export type Field = (typeof FIELDS)[number];

const ROW = Object.fromEntries(FIELDS.map((field, row) => [field, row])) as Record<Field, number>;

export class Counters {
  readonly #width: number;
  readonly values: number[];

  private constructor(width: number, values: number[]) {
    this.#width = width;
    this.values = values;
  }

  /** All zero, for so many runs and tasks. */
  static of(runs: number, tasks: number): Counters {
    const width = Math.max(runs, tasks);
    return new Counters(
      width,
      Array.from({ length: width * FIELDS.length }, () => 0),
    );
  }

  get(field: Field, index: number): number {
    return this.values[ROW[field] * this.#width + index] ?? 0;
  }

  set(field: Field, index: number, value: number): void {
    this.values[ROW[field] * this.#width + index] = value;
  }

  add(field: Field, index: number, change: number): void {
    this.set(field, index, this.get(field, index) + change);
  }

  copy(): Counters {
    return new Counters(this.#width, this.values.slice());
  }
}
