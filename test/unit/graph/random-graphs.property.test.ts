/**
 * Random graphs, run twice, against a simple oracle: what every task ends as, who is to blame for what is blocked,
 * and that nothing begins before what it comes after has ended.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CancelledError, Task, TaskGraph } from '../../../src/index.ts';
import { journal, shared } from './kit.ts';

const OUTCOMES = ['good', 'bad', 'gives up'] as const;
type Outcome = (typeof OUTCOMES)[number];

interface Plan {
  readonly parents: readonly number[];
  readonly isFinally: boolean;
  readonly isCancelled: boolean;
  /** Of the first and the second run. */
  readonly outcomes: readonly [Outcome, Outcome];
  readonly turns: number;
  /** Where in the order of insertion it goes. */
  readonly rank: number;
}

const plan = (index: number): fc.Arbitrary<Plan> =>
  fc.record({
    parents: fc.uniqueArray(fc.nat(Math.max(0, index - 1)), { maxLength: Math.min(index, 4) }),
    isFinally: fc.boolean(),
    isCancelled: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    outcomes: fc.tuple(fc.constantFrom(...OUTCOMES), fc.constantFrom(...OUTCOMES)),
    turns: fc.nat(2),
    rank: fc.nat(1_000),
  });

const plans: fc.Arbitrary<Plan[]> = fc
  .nat(14)
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => plan(index))));

/** What every task has ended as after this run; `before` is how the run found it. */
function oracle(plans: readonly Plan[], before: readonly string[], run: 0 | 1): string[] {
  const ends: string[] = [];
  for (const [index, { parents, isFinally, outcomes }] of plans.entries()) {
    const found = before[index] ?? 'pending';
    const isReady = isFinally || parents.every((parent) => ends[parent] === 'succeeded');
    const own = { good: 'succeeded', bad: 'failed', 'gives up': 'cancelled' }[outcomes[run]];
    ends.push(found === 'succeeded' || found === 'cancelled' ? found : isReady ? own : 'blocked');
  }
  return ends;
}

class Trial {
  readonly graph = new TaskGraph();
  readonly tasks: readonly Task[];
  readonly scheduler = shared({ taskParallelism: 3 });
  readonly lines = journal(this.scheduler);
  readonly plans: readonly Plan[];
  run: 0 | 1 = 0;

  constructor(plans: readonly Plan[]) {
    this.plans = plans;
    this.tasks = plans.map((one, index) => Task.call(() => this.body(one), { title: `${index}` }));
    const inserted = plans.map((_, index) => index).sort((a, b) => this.plan(a).rank - this.plan(b).rank);
    for (const index of inserted) {
      const { parents, isFinally } = this.plan(index);
      this.graph.add(this.task(index), { after: parents.map((one) => this.task(one)), finally: isFinally });
    }
    for (const [index, { isCancelled }] of plans.entries()) if (isCancelled) this.task(index).cancel();
  }

  plan(index: number): Plan {
    return this.plans[index] as Plan;
  }
  task(index: number): Task {
    return this.tasks[index] as Task;
  }

  async body({ outcomes, turns }: Plan): Promise<void> {
    for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
    const outcome = outcomes[this.run];
    if (outcome === 'bad') throw new Error('bad');
    if (outcome === 'gives up') throw new CancelledError();
  }

  async check(run: 0 | 1): Promise<void> {
    this.run = run;
    const expected = oracle(
      this.plans,
      this.tasks.map(({ status }) => status),
      run,
    );
    this.lines.length = 0;
    await this.graph.run({ scheduler: this.scheduler });
    expect(this.tasks.map(({ status }) => status)).toEqual(expected);
    for (const [index, one] of this.plans.entries()) this.checkTask(index, one);
    expect(this.graph.ok).toBe(expected.every((status) => status === 'succeeded'));
    const failed = this.graph.tasks.filter(({ status }) => status === 'failed');
    expect([...this.graph.errors.keys()]).toEqual(failed.map(({ id }) => id));
  }

  checkTask(index: number, { parents }: Plan): void {
    const task = this.task(index);
    if (task.status === 'blocked') {
      const blamed = parents.map((parent) => this.task(parent)).filter(({ isBad }) => isBad);
      expect(blamed.map(({ id }) => id)).toContain(task.blockedBy);
    } else expect(task.blockedBy).toBeUndefined();
    const began = this.lines.indexOf(`${index} running`);
    if (began === -1) return;
    expect(this.lines.filter((line) => line === `${index} running`)).toHaveLength(1);
    for (const parent of parents) {
      const end = this.lines.indexOf(`${parent} ${this.task(parent).status}`);
      expect(end, `${parent} has ended before ${index} begins`).toBeLessThan(began);
    }
  }
}

it('a random graph ends as the oracle says, twice', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (given) => {
      const trial = new Trial(given);
      await trial.check(0);
      await trial.check(1);
      await trial.scheduler.close();
    }),
    { numRuns: 300 },
  );
});
