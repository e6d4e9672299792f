/** The work of the example: a release in four steps, two functions and two commands, that keep a journal. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Controls, type DefinedPipeline, definePipeline, type TaskContext } from '../../src/index.ts';

export const RUN_ID = 'release-7';

/** The files of the example. */
export interface Place {
  readonly database: string;
  readonly journal: string;
}

export function placesIn(folder: string): Place {
  return { database: join(folder, 'runs.db'), journal: join(folder, 'journal') };
}

/** `life`: the number of the process, for the journal alone. */
export function releaseOf({ journal }: Place, life: string): DefinedPipeline<string> {
  const fetch = ({ attempt }: TaskContext): string[] => {
    appendFileSync(journal, `life ${life}: fetch, attempt ${attempt}\n`);
    return ['reader', 'writer', 'viewer'];
  };
  const announce = (parts: readonly string[], { attempt }: TaskContext): string => {
    appendFileSync(journal, `life ${life}: announce, attempt ${attempt}\n`);
    return `released ${parts.join(', ')}`;
  };

  return definePipeline('release', async (pipeline: Controls) => {
    const env = { JOURNAL: journal, LIFE: life };
    const parts = await pipeline.task(fetch).run().result();
    await pipeline
      .task({ shell: NOTE }, { name: 'pack', env: { ...env, STEP: 'pack' } })
      .run()
      .result();
    await pipeline
      .task({ shell: `${NOTE}; ${HANG_ONCE}` }, { name: 'upload', env: { ...env, STEP: 'upload' } })
      .run()
      .result();
    return pipeline
      .task(announce, { args: [parts] })
      .run()
      .result();
  });
}

/** A command knows its attempt by `SIGNALBOX_ATTEMPT`. */
const NOTE =
  'echo "life $LIFE: $STEP, attempt $SIGNALBOX_ATTEMPT" >> "$JOURNAL"; echo "$STEP: attempt $SIGNALBOX_ATTEMPT"';

/** The network hangs the first time. The kill leaves this command behind; the next life ends it before its own. */
const HANG_ONCE = 'if [ "$SIGNALBOX_ATTEMPT" = 1 ]; then sleep 30; fi';
