/** Rendering with the place in the file: what goes wrong in a template names its line. */
import { SignalboxError, StageError } from '../../core/errors.ts';
import { decide, ExpressionError, render, type Scope } from '../expressions/index.ts';
import { genId } from '../ids.ts';
import type { Condition, Path, StagePlan } from '../model.ts';
import type { Frame, Where } from './where.ts';

/** @throws EXPRESSION_INVALID that names the file, line and column */
export function renderAt(frame: Frame, value: unknown, path: Path, scope: Scope, expandsEnv = true): unknown {
  return located(frame, path, () => render(value, scope, { ...frame.renderOptions, expandsEnv }));
}

/** @throws EXPRESSION_INVALID, as `renderAt` */
export function decideAt(frame: Frame, condition: Condition, path: Path, scope: Scope): boolean {
  if (condition === null || typeof condition === 'boolean') return condition ?? true;
  return located(frame, path, () => decide(condition, scope, frame.renderOptions));
}

function located<T>(frame: Frame, path: Path, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { source } = frame.plan;
    const at = [...path, ...error.path];
    const { line, column } = source.locate(at);
    throw new SignalboxError('EXPRESSION_INVALID', `${source.file}:${line}:${column}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      details: { file: source.file, line, column, path: at, errorName: 'UtilError' },
      cause: error,
    });
  }
}

/** The name of a stage, and the key that its outputs are kept under: undefined where they are not kept. */
export function identityOf(
  stage: StagePlan,
  where: Where,
): { readonly name: string; readonly key: string | undefined } {
  const { frame, scope, extras } = where;
  const matrix = { matrix: scope['matrix'] ?? {} };
  const text = (value: string, key: string) => String(renderAt(frame, value, [...stage.path, key], matrix));
  const name = text(stage.name, 'name');
  if (stage.id !== undefined) return { name, key: readKey(text(stage.id, 'id')) };
  const isKept = { ...extras, ...stage.extras }.stage_default_id !== false;
  const isSimple = { ...extras, ...stage.extras }.generate_id_simple_mode !== false;
  return { name, key: isKept ? genId(name, isSimple) : undefined };
}

/** What outputs are kept under. A matrix may fill anything in. @throws STAGE_FAILED */
function readKey(id: string): string {
  if (id !== '__proto__') return id;
  throw new StageError(`the id of a stage was ${JSON.stringify(id)}, which no record can keep`);
}
