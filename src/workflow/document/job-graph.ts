/** How jobs need each other: that all of them exist, that they can ever start, and in what order. */
import { didYouMean, listed } from '../expressions/suggestion.ts';
import type { Path } from '../model.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';

/** Unknown needs of one job that are compared with all that there are. */
const MOST_HINTS = 50;

type Needs = ReadonlyMap<string, readonly string[]>;

/** Problems are told; gives the depth of each job: its longest way from a job without needs, finally jobs last. */
export function checkJobs(raw: RawMap, path: Path, reading: Reading): ReadonlyMap<string, number> {
  const needs: Needs = new Map(Object.keys(raw).map((id) => [id, needsOf(raw[id])]));
  for (const id of needs.keys()) checkNeeds(id, raw, needs, path, reading);
  const sound: Needs = new Map(
    [...needs].map(([id, all]) => [id, all.filter((need) => need !== id && needs.has(need))]),
  );
  const order = new Order(sound);
  for (const circle of order.circles) tellCircle(circle, needs, path, reading);
  const among = finallyDepths(sound, raw);
  const last = Math.max(
    -1,
    ...[...order.depths].flatMap(([id, depth]) => (isFinally(raw[id]) ? [] : [depth])),
  );
  return new Map(
    [...order.depths].map(([id, depth]) => [
      id,
      isFinally(raw[id]) ? last + 1 + (among.get(id) ?? 0) : depth,
    ]),
  );
}

function needsOf(job: unknown): readonly string[] {
  const needs = isRawMap(job) ? job['needs'] : undefined;
  return Array.isArray(needs) ? needs.filter((need) => typeof need === 'string') : [];
}

function isFinally(job: unknown): boolean {
  return isRawMap(job) && job['finally'] === true;
}

/** Among finally jobs alone: what they need besides is over by then. */
function finallyDepths(needs: Needs, raw: RawMap): ReadonlyMap<string, number> {
  const own = [...needs].filter(([id]) => isFinally(raw[id]));
  return new Order(new Map(own.map(([id, all]) => [id, all.filter((need) => isFinally(raw[need]))]))).depths;
}

function checkNeeds(id: string, raw: RawMap, needs: Needs, path: Path, { problems }: Reading): void {
  const job = raw[id];
  const written: readonly unknown[] = isRawMap(job) && Array.isArray(job['needs']) ? job['needs'] : [];
  const known = [...needs.keys()].filter((other) => other !== id);
  const seen = new Set<string>();
  written.forEach((need, i) => {
    const at = [...path, id, 'needs', i];
    if (typeof need !== 'string') return;
    const isRepeated = seen.has(need);
    seen.add(need);
    if (need === id) problems.add(at, `the job ${JSON.stringify(id)} needs itself`, { hint: 'leave it out' });
    else if (!needs.has(need))
      problems.add(at, `there is no job ${JSON.stringify(need)}; there is ${listed(known) || 'no other'}`, {
        hint: i < MOST_HINTS ? didYouMean(need, known) : undefined,
      });
    else if (isRepeated)
      problems.add(at, `${JSON.stringify(need)} stands twice in needs`, { hint: 'keep one of them' });
    else if (isFinally(raw[need]) && !isFinally(job))
      problems.add(at, `${JSON.stringify(need)} is a finally job, which runs when all others are over`, {
        hint: `make ${JSON.stringify(id)} a finally job as well, or leave the need out`,
      });
  });
}

function tellCircle(circle: readonly string[], needs: Needs, path: Path, { problems }: Reading): void {
  const [first = '', second = ''] = circle;
  const index = Math.max(0, needs.get(first)?.indexOf(second) ?? 0);
  problems.add(
    [...path, first, 'needs', index],
    `these jobs need each other in a circle: ${[...circle, first].join(' -> ')}`,
    {
      hint: 'leave out one of these needs',
    },
  );
}

/** One walk over all jobs, with a stack of its own. Each circle is found once, from its first job in the file. */
class Order {
  readonly depths = new Map<string, number>();
  readonly circles: (readonly string[])[] = [];
  readonly #needs: Needs;

  constructor(needs: Needs) {
    this.#needs = needs;
    for (const id of needs.keys()) this.#visit(id);
  }

  #visit(start: string): void {
    const trail: { readonly id: string; next: number; depth: number }[] = [];
    const enter = (id: string): void => void trail.push({ id, next: 0, depth: 0 });
    if (!this.depths.has(start)) enter(start);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const need = this.#needs.get(top.id)?.[top.next];
      if (need === undefined) {
        trail.pop();
        this.depths.set(top.id, top.depth);
        const above = trail.at(-1);
        if (above !== undefined) above.depth = Math.max(above.depth, top.depth + 1);
        continue;
      }
      top.next += 1;
      const known = this.depths.get(need);
      const at = trail.findIndex(({ id }) => id === need);
      if (at >= 0) this.circles.push(trail.slice(at).map(({ id }) => id));
      else if (known === undefined) enter(need);
      else top.depth = Math.max(top.depth, known + 1);
    }
  }
}
