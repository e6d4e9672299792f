/** What a move carries into the ledger besides its numbers; most carry nothing. */
import { encode, writableError } from '../../core/codec.ts';
import type { AnyEvent } from '../mailbox.ts';
import type { Row } from '../rows.ts';

/** Codec text of a `MovePayload`; undefined for none. */
export function movePayload(row: Row, event: AnyEvent | undefined): string | undefined {
  if (row.kind === 'stage') return undefined;
  const { leaf, context } = row.snapshot;
  if (leaf.final) return endPayload(row);
  if (row.kind === 'task') {
    const { backoffUntil, heldUntil } = row.snapshot.context;
    if (leaf.phase === 'backoff') return text({ ...errorOf(event), until: backoffUntil });
    if (leaf.phase === 'held') return text({ ...reasonOf(event), until: heldUntil ?? undefined });
  }
  if (leaf.phase !== 'terminating' || context.ending === null) return undefined;
  const reason = 'kind' in context.ending ? context.ending.kind : 'terminated';
  return text({ error: writableError(context.ending.error), reason });
}

/** A result was turned into text when it was reported, since one that cannot be fails its task. */
function endPayload(row: Exclude<Row, { kind: 'stage' }>): string | undefined {
  const { outcome } = row.snapshot.context;
  if (outcome === null) return undefined;
  const { kind, error, reason, value } = outcome;
  if (kind === 'succeeded' && reason === undefined)
    return row.kind === 'task' ? row.attempt?.resultText : row.resultText;
  if (error === undefined && reason === undefined) return undefined;
  return text({
    ...(value === undefined ? {} : { value: writableError(value) }),
    ...(error === undefined ? {} : { error: writableError(error) }),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** Codec text of the payload of a result. @throws RESULT_NOT_SERIALISABLE naming the path in the value */
export function resultText(value: unknown, what: string): string | undefined {
  if (value === undefined) return undefined;
  try {
    return encode({ value }, what);
  } catch {
    // Once more by itself: the path is the one that its author knows.
    encode(value, what);
    throw new Error(`${what} could be written alone, but not as a result`);
  }
}

function text(payload: object): string {
  return encode(payload, 'what a move carries');
}

function errorOf(event: AnyEvent | undefined): { readonly error?: unknown } {
  return event !== undefined && 'error' in event ? { error: writableError(event.error) } : {};
}

function reasonOf(event: AnyEvent | undefined): { readonly reason?: string } {
  return event !== undefined && 'reason' in event && event.reason !== undefined
    ? { reason: event.reason }
    : {};
}
