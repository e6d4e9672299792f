/** The stage that calls a registered function. */
import { StageError, show } from '../../core/errors.ts';
import type { AttemptContext } from '../../executors/executor.ts';
import type { StandardIssue, StandardSchema } from '../../executors/standard-schema.ts';
import type { CallStage } from '../model.ts';
import type { Registration } from '../registry.ts';
import type { LeafHost, MakeLeaf, Outputs } from './leaf.ts';

export const callStage: MakeLeaf<CallStage> = (stage, host) => ({
  kind: 'function',
  fn: (context: AttemptContext) => call(stage, host, context),
});

async function call(stage: CallStage, host: LeafHost, context: AttemptContext): Promise<Outputs> {
  const uses = String(host.render(stage.uses, ['uses'], context));
  const registration = host.surroundings.registry.find(uses);
  const given = host.render(stage.with, ['with'], context);
  const args = await checked(
    registration.input,
    given,
    'Validate argument from the caller function raise invalid type.',
  );
  context.signal.throwIfAborted();
  const returned = await registration.fn(args as Outputs, {
    extras: host.extras,
    signal: context.signal,
    logger: context.logger,
    attempt: context.attempt,
    runId: context.runId,
    name: stage.name,
    emitOutput: (stream, chunk) => context.emitOutput(stream, chunk),
    emitProgress: (percent, message) => context.emitProgress(percent, message),
  });
  const told = await checked(
    registration.output,
    returned,
    `${uses} returned what its output schema refuses.`,
  );
  return outputsOf(told, registration);
}

/** The value as the schema makes it; a schema that checks asynchronously is waited for. */
async function checked(
  schema: StandardSchema | undefined,
  value: unknown,
  problem: string,
): Promise<unknown> {
  if (schema === undefined) return value;
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => ({ path: pathOf(issue), message: issue.message }));
  const list = issues.map(({ path, message }) => `\n- ${path === '' ? '' : `${path}: `}${message}`).join('');
  throw new StageError(`${problem}${list}`, { details: { issues } });
}

function pathOf({ path = [] }: StandardIssue): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}

function outputsOf(returned: unknown, { func, tag }: Registration): Outputs {
  if (returned instanceof Map) return Object.fromEntries(returned);
  if (isPlainObject(returned)) return { ...returned };
  const problem = `Return type: '${func}@${tag}' can not serialize, you must set return be a plain object or a Map`;
  throw new StageError(`${problem}; it was ${show(returned)}.`, { details: { errorName: 'TypeError' } });
}

function isPlainObject(value: unknown): value is Outputs {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
