/** The source tree as the architecture tests see it: files, their lines, what they import. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  readonly target: string;
  /** Erased by the compiler: no dependency at run time. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export function filesBelow(folder: string, ending = '.ts'): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

export function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, imports: importsOf(path, text) };
}

const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?([^'"`;=]*?)\s*\bfrom\s+['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

function importsOf(path: string, text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const [, typeWord, clause = '', target = ''] of code.matchAll(STATEMENT)) {
    found.push({
      target: resolveFrom(path, target),
      typeOnly: typeWord !== undefined || allTypes(clause),
      dynamic: false,
    });
  }
  for (const [, target = ''] of code.matchAll(DYNAMIC)) {
    found.push({ target: resolveFrom(path, target), typeOnly: false, dynamic: true });
  }
  return found;
}

/** `{ type A, type B }` imports nothing at run time. */
function allTypes(clause: string): boolean {
  const names = /^\{([\s\S]*)\}$/.exec(clause.trim())?.[1]?.split(',') ?? [clause];
  return names.every((name) => name.trim() === '' || name.trim().startsWith('type '));
}

function resolveFrom(path: string, target: string): string {
  return target.startsWith('.') ? normalize(join(dirname(path), target)) : target;
}

/** The code alone: banned words in prose are not banned. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}
