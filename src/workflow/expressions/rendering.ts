/** Values of a workflow file with their placeholders filled in. */

import { RENDERED_DEPTH } from '../../core/limits.ts';
import { expandEnvironment } from './environment.ts';
import { evaluated, isRaw, type RenderOptions, textAt } from './evaluation.ts';
import { ExpressionError, errorAt } from './faults.ts';
import type { Scope } from './names.ts';
import { hasTemplate, type Template, templateOf } from './template.ts';

/** `expandsEnv`: `${VAR}` and `$$` are replaced in text as written; never in what placeholders bring in. */
export type ValueOptions = RenderOptions & { readonly expandsEnv: boolean };

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `raw`: the author asked for the value as plain text. `offset`: of the placeholder. */
  | { readonly kind: 'value'; readonly value: unknown; readonly raw: boolean; readonly offset: number };

/**
 * The value with every text in it rendered: values of maps (keys never) and entries of lists, at any depth. Other
 * values stay as they are. A placeholder alone in its text, blanks around it aside, gives its native value.
 *
 * @throws ExpressionError with the path inside the value
 */
export function render(value: unknown, scope: Scope, options: ValueOptions): unknown {
  return rendered(value, scope, options, 0);
}

/** A text of code as its parts, so that values need not be pasted into it. `${VAR}` is never expanded in code. */
export function renderPieces(text: string, scope: Scope, options: RenderOptions): readonly Piece[] {
  if (!hasTemplate(text)) return text === '' ? [] : [{ kind: 'text', text }];
  return templateOf(text).segments.map((segment): Piece => {
    if (segment.kind === 'text') return { kind: 'text', text: segment.text };
    if (segment.kind === 'broken') throw segment.error.below([]);
    const value = evaluated(segment.pipe, scope, options);
    return { kind: 'value', value, raw: isRaw(segment.pipe), offset: segment.start };
  });
}

function rendered(value: unknown, scope: Scope, options: ValueOptions, depth: number): unknown {
  if (typeof value === 'string') return renderedText(value, scope, options);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= RENDERED_DEPTH)
    throw errorAt({ start: 0, end: 0 }, `the value is nested more than ${RENDERED_DEPTH} deep`);
  const each = (entry: unknown, key: string | number) =>
    within(key, () => rendered(entry, scope, options, depth + 1));
  if (Array.isArray(value)) return value.map(each);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, each(entry, key)]));
}

function within(key: string | number, make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    throw error instanceof ExpressionError ? error.below([key]) : error;
  }
}

function renderedText(text: string, scope: Scope, options: ValueOptions): unknown {
  if (!hasTemplate(text))
    return options.expandsEnv ? expandEnvironment(text, options.env, { start: 0, end: 0 }) : text;
  const template = templateOf(text);
  return template.lone === undefined ? mixed(template, scope, options) : lone(template, scope, options);
}

function lone({ lone: segment }: Template, scope: Scope, options: ValueOptions): unknown {
  if (segment?.kind === 'broken') throw segment.error.below([]);
  return segment?.kind === 'pipe' ? evaluated(segment.pipe, scope, options) : null;
}

function mixed({ segments }: Template, scope: Scope, options: ValueOptions): string {
  let text = '';
  for (const segment of segments) {
    if (segment.kind === 'broken') throw segment.error.below([]);
    if (segment.kind === 'pipe') text += textAt(evaluated(segment.pipe, scope, options), segment);
    else text += options.expandsEnv ? expandEnvironment(segment.text, options.env, segment) : segment.text;
  }
  return text;
}
