/** The programs of the operating system that can do the same work, and what they print. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Command } from '../../src/index.ts';

/** What is needed to measure a file by commands. */
export const MEASURING_TOOLS = ['sha256sum', 'gzip', 'wc', 'sh'] as const;

/** The programs among `names` that are not on PATH. */
export function missingTools(names: readonly string[]): readonly string[] {
  const { PATH = '' } = process.env;
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return names.filter((name) => !folders.some((folder) => isExecutable(join(folder, name))));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Tracked files and new ones, without what .gitignore names; NUL between them, so any name will do. */
export const GIT_LS_FILES: Command = ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];

/** A tracked file in a merge conflict is listed several times. */
export function readGitList(stdout: string): readonly string[] {
  return [...new Set(stdout.split('\0'))].filter((path) => path !== '');
}

export type Tool = 'sha256sum' | 'gzip' | 'wc';

/**
 * The commands take the file as an argument of its own, never as part of a command line: no name of a file
 * can become a command.
 */
export function toolCommand(tool: Tool, file: string): Command {
  switch (tool) {
    case 'sha256sum':
      return ['sha256sum', '--', file];
    case 'wc':
      return ['wc', '-l', '--', file];
    case 'gzip':
      return ['sh', '-c', 'gzip -nc -- "$1" | wc -c', 'sh', file];
    default:
      return tool satisfies never;
  }
}

/** The first word that a tool prints. (sha256sum puts a backslash before it when it escapes the file's name.) */
export function firstWord(stdout: string): string {
  return /^\\?\s*(\S+)/.exec(stdout)?.[1] ?? '';
}
