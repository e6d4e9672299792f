import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PipelineQueue, type QueuedPipeline } from '../../../src/admission/index.ts';

const pipeline = (submission: number, priority = 0): QueuedPipeline => ({
  submission,
  priority,
  heapIndex: -1,
});

function submissions(queue: PipelineQueue<QueuedPipeline>): number[] {
  const out: number[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) out.push(next.submission);
  return out;
}

describe('PipelineQueue', () => {
  it('serves by (-priority, submission), whatever the order of arrival', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(200)),
        fc.func(fc.integer({ min: -2, max: 2 })),
        (ids, priorityOf) => {
          const queue = new PipelineQueue<QueuedPipeline>();
          for (const id of ids) queue.enqueue(pipeline(id, priorityOf(id)));
          const expected = [...ids].sort((a, b) => priorityOf(b) - priorityOf(a) || a - b);
          expect(queue.peek()?.submission).toBe(expected[0]);
          expect(submissions(queue)).toEqual(expected);
        },
      ),
    );
  });

  it('forgets a removed pipeline at once, says whether it was queued, and takes it back in its old place', () => {
    const queue = new PipelineQueue<QueuedPipeline>();
    const [a, b, c] = [pipeline(1), pipeline(2), pipeline(3)];
    for (const each of [a, b, c]) queue.enqueue(each);
    expect(queue.remove(a)).toBe(true);
    expect(queue.remove(a)).toBe(false);
    expect([queue.has(a), queue.has(b), queue.size]).toEqual([false, true, 2]);
    queue.enqueue(a);
    queue.enqueue(a); // queued twice it would be started twice
    expect(queue.size).toBe(3);
    expect(submissions(queue)).toEqual([1, 2, 3]);
    expect(queue.remove(b)).toBe(false);
  });

  it('clones deeply: what leaves the copy stays in the original', () => {
    const queue = new PipelineQueue<QueuedPipeline>();
    for (const id of [2, 1, 3]) queue.enqueue(pipeline(id));
    const copy = queue.clone((each) => ({ ...each }));
    expect(submissions(copy)).toEqual([1, 2, 3]);
    const left: number[] = [];
    queue.forEach((each) => {
      left.push(each.submission);
    });
    expect(left.sort()).toEqual([1, 2, 3]);
    expect(submissions(queue)).toEqual([1, 2, 3]);
  });
});
