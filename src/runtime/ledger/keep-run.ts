/** How a new run gets into the ledger. */
import { encode } from '../../core/codec.ts';
import type { PipelineRow } from '../rows.ts';
import { isRunnable } from '../run-options.ts';
import { DEFINITION } from '../run-symbols.ts';
import type { Ledger } from './ledger.ts';
import type { Submitted } from './same-code.ts';

/** A new run is written down before it may start. */
export function keepRun(
  ledger: Ledger,
  row: PipelineRow,
  pipeline: Submitted,
  input: string | undefined,
  after: readonly PipelineRow[],
): void {
  const style = isRunnable(pipeline) ? pipeline[DEFINITION]?.() : undefined;
  const { name, priority, children, parent, parentTask } = row;
  if (style?.toRecord !== undefined) row.toResult = style.toRecord;
  row.ledger = ledger.create(row, {
    name,
    style: style?.style ?? 'code',
    version: style?.version,
    definition: style?.definition === undefined ? undefined : encode(style.definition, 'the definition'),
    input,
    priority,
    children,
    after: after.map(({ id }) => id),
    parentId: parent?.id,
    parentTask: parentTask?.position,
    at: ledger.now(),
  });
  row.upstreamOpen += 1;
}
