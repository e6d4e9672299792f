/**
 * The tools of an agent: those its Task names, looked up in the handlers' own, or AI SDK tools the Task brings along.
 *
 * A stopped conversation may leave tools behind that do not listen to their signal. The task holds its resources
 * until they have ended, so their calls are watched here.
 */
import type { Tool, ToolSet } from 'ai';
import { invalidArgument, SignalboxError } from '../core/errors.ts';

/** A tool as it is called: the types of its input and output are its own affair. */
type Execute = (input: unknown, options: unknown) => unknown;

const ALLOWED = 'an object of names and AI SDK tools, each with inputSchema and execute';

/** @throws INVALID_ARGUMENT for a tool that cannot be run here, without anybody who could answer for it */
export function readTools(what: string, value: unknown): ToolSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument(what, value, ALLOWED);
  for (const [name, tool] of Object.entries(value)) checkTool(`${what}.${name}`, tool);
  return value as ToolSet;
}

function checkTool(what: string, value: unknown): asserts value is Tool {
  if (typeof value !== 'object' || value === null) throw invalidArgument(what, value, 'an AI SDK tool');
  const { type, inputSchema, execute, needsApproval } = value as Readonly<Record<string, unknown>>;
  if (needsApproval !== undefined && needsApproval !== false)
    throw invalidArgument(`${what}.needsApproval`, needsApproval, 'false: a task has nobody to ask');
  if (type === 'provider') return;
  if (inputSchema === undefined) throw invalidArgument(`${what}.inputSchema`, inputSchema, 'a schema');
  if (typeof execute !== 'function')
    throw invalidArgument(`${what}.execute`, execute, 'a function: the task is what calls it');
}

/**
 * `given` is what the Task was made with: nothing for all of `known`, names of it, or tools.
 * @throws INVALID_ARGUMENT
 */
export function chooseTools(given: unknown, known: ToolSet): ToolSet {
  if (given === undefined) return known;
  if (typeof given !== 'object' || given === null)
    throw invalidArgument('the tools of the agent', given, `an array of names of tools, or ${ALLOWED}`);
  if (!Array.isArray(given)) return readTools('tools', given);
  return Object.fromEntries(given.map((name: unknown) => [name, toolNamed(name, known)]));
}

function toolNamed(name: unknown, known: ToolSet): Tool {
  const tool = typeof name === 'string' && Object.hasOwn(known, name) ? known[name] : undefined;
  if (tool !== undefined) return tool as Tool;
  const names = Object.keys(known);
  throw new SignalboxError(
    'INVALID_ARGUMENT',
    `the agent asks for the tool ${JSON.stringify(name)}; allowed: ${names.length === 0 ? 'none, there are no tools' : names.join(', ')}`,
    {
      hint: 'add it to the tools of languageModelHandlers, or give the Task an object of AI SDK tools',
      details: { argument: 'tools', tool: name, known: names },
    },
  );
}

export class WatchedTools {
  /** The same tools; a call of one counts until its result is there. */
  readonly tools: ToolSet;
  readonly #running = new Set<Promise<unknown>>();

  constructor(tools: ToolSet) {
    this.tools = Object.fromEntries(
      Object.entries(tools).map(([name, tool]) => [name, this.#watched(tool as Tool)]),
    );
  }

  /** Resolves once no call runs. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  #watched(tool: Tool): Tool {
    if (tool.execute === undefined) return tool;
    const execute = tool.execute.bind(tool) as Execute;
    const watched: Execute = (input, options) => {
      const given = execute(input, options);
      return isStream(given) ? this.#holdStream(given) : this.#hold(given);
    };
    return { ...tool, execute: watched } as Tool;
  }

  #hold(given: unknown): unknown {
    if (!(given instanceof Promise)) return given;
    this.#count(given);
    return given;
  }

  /** A tool that gives preliminary results runs until the last of them is taken. */
  async *#holdStream(given: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    const { promise, resolve } = settling();
    this.#count(promise);
    try {
      yield* given;
    } finally {
      resolve();
    }
  }

  #count(promise: Promise<unknown>): void {
    this.#running.add(promise);
    const forget = (): void => {
      this.#running.delete(promise);
    };
    promise.then(forget, forget);
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function settling(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
