#!/usr/bin/env node
/** The `signalbox` command: where the process begins. */
import * as nodeModule from 'node:module';

interface Caching {
  readonly enableCompileCache?: () => unknown;
}

// From Node 22.1 on, what was compiled once is kept in the system's folder for temporary files: most of the time until
// the first task goes into compiling. It has to be asked for before anything else is imported.
(nodeModule as Caching).enableCompileCache?.();

await import('./process.ts');
