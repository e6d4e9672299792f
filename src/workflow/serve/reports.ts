/** What a server tells: data for whoever shows it. */
import type { Outcome, PipelineHandle } from '../../runtime/index.ts';
import type { WorkflowResult } from '../run/body.ts';
import type { MissReason } from './release.ts';

interface OfRelease {
  readonly workflow: string;
  readonly runId: string;
  /** The time it was, or was not, released for, in epoch milliseconds. */
  readonly dueAt: number;
}

export type ServeReport =
  /** A file was read: for the first time, or again after it had changed. `nextAt`: of its schedules. */
  | {
      readonly type: 'workflow:read';
      readonly file: string;
      readonly workflow: string;
      readonly nextAt: number | undefined;
    }
  /** A file is not served: it is broken, or has the name of another. */
  | { readonly type: 'workflow:refused'; readonly file: string; readonly error: Error }
  | { readonly type: 'workflow:gone'; readonly file: string }
  /** `follows`: the workflow whose `on.release` names this one; else its own schedule. */
  | (OfRelease & {
      readonly type: 'release:submitted';
      readonly handle: PipelineHandle<WorkflowResult>;
      readonly follows: string | undefined;
    })
  /** An earlier life had begun it. */
  | (OfRelease & { readonly type: 'release:resumed'; readonly handle: PipelineHandle<WorkflowResult> })
  | (OfRelease & { readonly type: 'release:ended'; readonly outcome: Outcome<WorkflowResult> })
  /** `hasEarlier`: there were more before it than were counted. */
  | (OfRelease & {
      readonly type: 'release:missed';
      readonly reason: MissReason;
      readonly hasEarlier: boolean;
    })
  /** It could not be submitted, or not be followed to its end. */
  | (OfRelease & { readonly type: 'release:failed'; readonly error: Error });
