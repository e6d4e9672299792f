import { type Indexed, IndexedHeap } from '../core/heap.ts';

/** What the pipeline queue needs to know of a pipeline. The supervisor's row is one; `heapIndex` starts as -1. */
export interface QueuedPipeline extends Indexed {
  /** Larger goes first. */
  readonly priority: number;
  /** Smaller goes first. Unique. */
  readonly submission: number;
}

/**
 * The pipelines that wait for a slot, in the order (-priority, submission) of rule 4. Slots are counted by the
 * supervisor. Enqueue, remove and next are O(log n); nothing removed stays in memory.
 */
export class PipelineQueue<T extends QueuedPipeline> {
  private readonly heap = new IndexedHeap<T>(comparePipelines);

  get size(): number {
    return this.heap.size;
  }

  has(pipeline: T): boolean {
    return this.heap.has(pipeline);
  }

  /** Does nothing if it is queued already. */
  enqueue(pipeline: T): void {
    if (!this.heap.has(pipeline)) this.heap.push(pipeline);
  }

  /** Returns whether it was queued. */
  remove(pipeline: T): boolean {
    if (!this.heap.has(pipeline)) return false;
    this.heap.remove(pipeline);
    return true;
  }

  peek(): T | undefined {
    return this.heap.peek();
  }

  /** Takes out the one that goes first. */
  next(): T | undefined {
    return this.heap.pop();
  }

  /** Visits every queued pipeline, in no particular order. */
  forEach(visit: (pipeline: T) => void): void {
    this.heap.forEach(visit);
  }

  /** An independent copy; `mapPipeline` returns a copy of each, all fields equal. */
  clone(mapPipeline: (pipeline: T) => T): PipelineQueue<T> {
    const copy = new PipelineQueue<T>();
    copy.heap.copyFrom(this.heap, mapPipeline);
    return copy;
  }
}

function comparePipelines(a: QueuedPipeline, b: QueuedPipeline): number {
  return b.priority - a.priority || a.submission - b.submission;
}
