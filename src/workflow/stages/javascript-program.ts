/**
 * The program of the worker thread that runs a JavaScript stage. It is a text, because Node.js cannot load a
 * TypeScript file on a thread, and so it is the same from the sources and from the package.
 *
 * The code runs as the body of an async function, in strict mode: `await` and `import()` work at its top level,
 * `import ... from` does not; `require` is there. What it writes goes to the process in the order it was written,
 * before the end.
 */

/** What the worker is started with. */
export interface JavaScriptJob {
  /** The body of the function. */
  readonly script: string;
  /** What the code is called in stacks; `import()` and `require` resolve from its folder. */
  readonly file: string;
  /** Globals. */
  readonly globals: Readonly<Record<string, unknown>>;
}

/** What the worker posts. */
export type FromWorker =
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly chunk: string }
  | {
      readonly kind: 'outputs';
      readonly outputs: Readonly<Record<string, unknown>>;
      readonly dropped: readonly string[];
    }
  | { readonly kind: 'error'; readonly name: string; readonly message: string; readonly stack: string };

export const WORKER = String.raw`
'use strict';
const { parentPort, workerData: job } = require('node:worker_threads');
const { constants, Script } = require('node:vm');
const { createRequire } = require('node:module');
const { inspect, types } = require('node:util');
const post = parentPort.postMessage.bind(parentPort);

for (const stream of ['stdout', 'stderr'])
  process[stream].write = (chunk, encoding, done) => {
    post({ kind: 'output', stream, chunk: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString() });
    const told = typeof encoding === 'function' ? encoding : done;
    if (typeof told === 'function') process.nextTick(told);
    return true;
  };

const isClass = (value) => /^class\b/.test(Function.prototype.toString.call(value));

function outputsOf(bindings) {
  const outputs = {};
  const dropped = [];
  const { outputs: explicit, ...rest } = bindings;
  const given = typeof explicit === 'object' && explicit !== null ? explicit : { outputs: explicit };
  for (const [name, value] of Object.entries({ ...rest, ...given })) {
    if (value === undefined || types.isModuleNamespaceObject(value)) continue;
    if (typeof value === 'function') {
      if (!isClass(value)) outputs[name] = value.name;
      continue;
    }
    try {
      outputs[name] = structuredClone(value);
    } catch {
      dropped.push(name + ' (' + (value?.constructor?.name ?? typeof value) + ')');
    }
  }
  return { kind: 'outputs', outputs, dropped };
}

function failure(error) {
  if (!types.isNativeError(error) && !(error instanceof Error))
    return { kind: 'error', name: 'Error', message: typeof error === 'string' ? error : inspect(error), stack: '' };
  // Frames below the code's own are ours.
  const lines = String(error.stack ?? '').split('\n');
  const last = lines.findLastIndex((line) => line.includes(job.file));
  const stack = (last === -1 ? lines.slice(0, 1) : lines.slice(0, last + 1)).join('\n');
  return { kind: 'error', name: String(error.name), message: String(error.message), stack };
}

async function run() {
  const head = '(async () => { "use strict"; ';
  const script = new Script(head + job.script + '\n})()', {
    filename: job.file,
    columnOffset: -head.length,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const define = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  for (const [name, value] of Object.entries(job.globals)) define(name, value);
  define('require', createRequire(job.file));
  const explicit = {};
  define('outputs', explicit);
  const bindings = (await script.runInThisContext()) ?? {};
  return outputsOf({ outputs: explicit, ...bindings });
}

run().catch(failure).then((end) => {
  post(end);
  parentPort.close();
});
`;
