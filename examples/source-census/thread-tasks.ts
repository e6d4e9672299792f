/**
 * The bodies that run on threads, named by module and export. They are defined here and not beside the bodies
 * because a thread imports the body's module: it should not have to load the whole library for a few functions.
 */
import { defineTask } from '../../src/index.ts';
import type { Measured } from './file-facts.ts';
import type { Found, FoundFile } from './find-files.ts';

export const walkTask = defineTask<[root: string], Found>({
  name: 'walk the folder',
  module: new URL('./find-files.js', import.meta.url),
  export: 'walkFolder',
});

export const lookTask = defineTask<[root: string, paths: readonly string[]], Found>({
  name: 'look at the files',
  module: new URL('./find-files.js', import.meta.url),
  export: 'lookAtFiles',
});

export const measureTask = defineTask<[root: string, files: readonly FoundFile[]], Measured>({
  name: 'measure',
  module: new URL('./file-facts.js', import.meta.url),
  export: 'measureFiles',
});
