/** The work of every stage that does work of its own, by its kind. */
import type { LeafStage } from '../model.ts';
import { bashStage } from './bash.ts';
import { callStage } from './call.ts';
import { dockerStage } from './docker.ts';
import { emptyStage } from './empty.ts';
import { jsStage } from './js.ts';
import type { LeafHost, LeafWork } from './leaf.ts';
import { pyStage } from './py.ts';
import { raiseStage } from './raise.ts';
import { virtualPyStage } from './virtual-py.ts';

/** The work of one stage. Nothing is rendered, read or started before an attempt begins. */
export function makeLeaf(stage: LeafStage, host: LeafHost): LeafWork {
  switch (stage.kind) {
    case 'empty':
      return emptyStage(stage, host);
    case 'bash':
      return bashStage(stage, host);
    case 'py':
      return pyStage(stage, host);
    case 'js':
      return jsStage(stage, host);
    case 'virtual-py':
      return virtualPyStage(stage, host);
    case 'call':
      return callStage(stage, host);
    case 'raise':
      return raiseStage(stage, host);
    case 'docker':
      return dockerStage(stage, host);
    default:
      return stage satisfies never;
  }
}
