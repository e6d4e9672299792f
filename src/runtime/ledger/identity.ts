/** How a task is known again after a restart (rule 9), and what is kept of how it was specified. */
import { encode } from '../../core/codec.ts';
import { digest } from '../../core/fingerprint.ts';
import type { Work } from '../../executors/executor.ts';
import type { SpecRecord } from '../../stores/store.ts';
import type { TaskSpec } from '../task-spec.ts';

/** Name of a task whose function has none. */
export const ANONYMOUS = 'anonymous';

/**
 * What a task is, but for its place and name: the kind of its work and, as far as they can be written, its
 * arguments. `key`: a style's own name for the task, which says it all.
 */
export function fingerprintOf(work: Work, args: readonly unknown[], key: string | undefined): string {
  if (key !== undefined) return `key ${key}`;
  switch (work.kind) {
    case 'function':
      return args.length === 0 ? 'function' : `function ${digest(written(args))}`;
    case 'module':
      return `module ${digest(`${work.export} ${written(args)}`)}`;
    case 'command':
      return `command ${digest(`${work.shell} ${work.argv.join('\0')}`)}`;
    case 'container':
      return `container ${digest(JSON.stringify([work.image, work.tag, work.command]))}`;
    default:
      return work satisfies never;
  }
}

function written(args: readonly unknown[]): string {
  return args.map(writtenOne).join('\n');
}

/** An argument that cannot be written tells nothing of the task. */
function writtenOne(arg: unknown): string {
  try {
    return encode(arg);
  } catch {
    return '?';
  }
}

const records = new WeakMap<TaskSpec, SpecRecord>();

/** Equal for equal specs by identity, so that a store writes each once. */
export function specOf(spec: TaskSpec, work: Work | undefined): SpecRecord {
  let record = records.get(spec);
  if (record === undefined) {
    const { name, executor } = spec;
    record = { name, kind: spec.kind ?? work?.kind ?? 'function', executor, options: shown(spec) };
    records.set(spec, record);
  }
  return record;
}

/** The options of a task that are data, as JSON. */
function shown({
  resources,
  concurrencyKey,
  retry,
  timeoutMs,
  deadlineMs,
  graceMs,
  priority,
  onLost,
}: TaskSpec) {
  const options = { resources, concurrencyKey, retry, timeoutMs, deadlineMs, graceMs, priority, onLost };
  return JSON.stringify(options, (_key, value) => (typeof value === 'function' ? undefined : value));
}
