/** The stage that fails with a message. */
import { StageError } from '../../core/errors.ts';
import type { AttemptContext } from '../../executors/executor.ts';
import { asText } from '../expressions/index.ts';
import type { RaiseStage } from '../model.ts';
import type { MakeLeaf } from './leaf.ts';

export const raiseStage: MakeLeaf<RaiseStage> = (stage, host) => ({
  kind: 'function',
  fn: (context: AttemptContext) => {
    const message = host.render(stage.message, ['raise'], context);
    throw new StageError(message === null ? 'null' : asText(message));
  },
});
