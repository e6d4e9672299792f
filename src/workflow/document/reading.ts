/** One file that is being read: where problems go, and the checks that any part of it may need. */
import type { z } from 'zod';
import { EXPRESSION_FAULTS } from '../../core/limits.ts';
import {
  checkCondition,
  checkTemplate,
  type ExpressionFault,
  type FilterSet,
  hasTemplate,
} from '../expressions/index.ts';
import type { Path } from '../model.ts';
import { shaped } from './issues.ts';
import type { Problems } from './problems.ts';
import type { YamlSource } from './yaml-source.ts';

export interface Rules {
  /** Filters that templates may use. */
  readonly filters: FilterSet;
}

export type RawMap = Readonly<Record<string, unknown>>;

/** Names are in terminals, events, ledgers and pictures. */
const SHOWN = 'names are shown everywhere';
const RESERVED_NAMES = ['__proto__'];

export class Reading {
  readonly source: YamlSource;
  readonly problems: Problems;
  readonly #filters: FilterSet;
  /** Stages so far, over all jobs. */
  stages = 0;

  constructor(source: YamlSource, problems: Problems, rules: Rules) {
    this.source = source;
    this.problems = problems;
    this.#filters = rules.filters;
  }

  shaped<T>(
    shape: z.ZodType<T>,
    raw: unknown,
    path: Path,
    what: string,
    keyHint?: (key: string) => string | undefined,
  ): T | undefined {
    const written = (at: Path) => this.source.writtenAt(at);
    const hint = keyHint === undefined ? {} : { keyHint };
    return shaped(shape, { raw, path, what, written, problems: this.problems, ...hint });
  }

  /** All texts of a value. `expandsEnv`: false for code. */
  templates(value: unknown, path: Path, roots: readonly string[], expandsEnv = true): void {
    if (typeof value === 'string') {
      if (hasTemplate(value))
        this.#tell(path, checkTemplate(value, { roots, filters: this.#filters, expandsEnv }));
    } else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value))
        this.templates(inner, [...path, Array.isArray(value) ? Number(key) : key], roots, expandsEnv);
  }

  condition(value: unknown, path: Path, roots: readonly string[]): void {
    if (typeof value !== 'string') return;
    this.#tell(path, checkCondition(value, { roots, filters: this.#filters, expandsEnv: true }));
  }

  /** Texts that are taken as they are: a template would stay one. */
  literal(value: unknown, path: Path, hint: string): void {
    if (typeof value === 'string') {
      const offset = value.indexOf('${{');
      if (offset < 0) return;
      this.problems.addInside(path, { offset, length: 3 }, 'templates are not filled in here', hint);
    } else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value))
        this.literal(inner, [...path, Array.isArray(value) ? Number(key) : key], hint);
  }

  /** A name or id: nothing in it may come from params or the environment, where secrets are. */
  name(value: unknown, path: Path, part: 'key' | 'value', mayMatrix: boolean): void {
    if (typeof value !== 'string') return;
    if (RESERVED_NAMES.includes(value))
      this.problems.add(path, `the name "${value}" is not allowed`, { part, hint: 'choose another name' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value))
      this.problems.add(path, 'a name has no line breaks and control characters', {
        part,
        hint: 'write it on one line',
      });
    const variable = /\$\{(?!\{)[^}]*\}/.exec(value);
    if (variable !== null)
      this.#tellName(
        path,
        part,
        variable.index,
        variable[0].length,
        `${SHOWN}, so that they cannot hold ${variable[0]}`,
      );
    if (mayMatrix) this.#matrixOnly(value, path);
    else if (hasTemplate(value))
      this.#tellName(path, part, value.indexOf('${{'), 3, `${SHOWN}, so that templates cannot stand in them`);
  }

  #matrixOnly(value: string, path: Path): void {
    if (!hasTemplate(value)) return;
    const faults = checkTemplate(value, { roots: ['matrix'], filters: this.#filters, expandsEnv: true });
    for (const { message, hint, offset, length } of faults.slice(0, EXPRESSION_FAULTS)) {
      const unknown = /^unknown name "([^"]*)"/.exec(message)?.[1];
      if (unknown === undefined) this.problems.addInside(path, { offset, length }, message, hint);
      else
        this.#tellName(
          path,
          'value',
          offset,
          length,
          `${SHOWN}, so that they cannot hold ${unknown}; only matrix can`,
        );
    }
  }

  #tellName(path: Path, part: 'key' | 'value', offset: number, length: number, message: string): void {
    const hint = 'choose a fixed name; a value that is no secret can be said with echo';
    if (part === 'key') this.problems.add(path, message, { part, hint });
    else this.problems.addInside(path, { offset, length }, message, hint);
  }

  #tell(path: Path, faults: readonly ExpressionFault[]): void {
    for (const { message, hint, offset, length } of faults.slice(0, EXPRESSION_FAULTS))
      this.problems.addInside(path, { offset, length }, message, hint);
  }
}

export function isRawMap(value: unknown): value is RawMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
