/** What a command printed, as the ledger keeps it with the outcome of its task. */
import { clean } from '../terminal/safe-text.ts';

/** Lines of what a command printed: of its result, of a Task's result, or of the details of its error. */
export function outputOf(value: unknown): readonly (readonly ['stdout' | 'stderr', string])[] {
  if (typeof value !== 'object' || value === null) return [];
  const { stdout, stderr, output, error, outputs } = value as Readonly<Record<string, unknown>>;
  const text = (one: unknown, other: unknown): string =>
    typeof one === 'string' ? one : typeof other === 'string' ? other : '';
  const lines = (stream: 'stdout' | 'stderr', all: string) =>
    all === ''
      ? []
      : all
          .replace(/\r?\n$/, '')
          .split('\n')
          .map((line) => [stream, clean(line)] as const);
  const own = [...lines('stdout', text(stdout, output)), ...lines('stderr', text(stderr, error))];
  return own.length === 0 && outputs !== undefined ? outputOf(outputs) : own;
}
