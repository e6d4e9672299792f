/** The stage that says something and waits. */
import { type Clock, systemClock } from '../../core/clock.ts';
import { StageError, show } from '../../core/errors.ts';
import type { AttemptContext } from '../../executors/executor.ts';
import { asText } from '../expressions/index.ts';
import type { EmptyStage } from '../model.ts';
import { dedent } from './code.ts';
import type { LeafHost, MakeLeaf, Outputs } from './leaf.ts';

/** A sleep is shorter than this, in seconds. */
const LONGEST_SLEEP_SECONDS = 1_800;

const NOTHING: Outputs = {};

export const emptyStage: MakeLeaf<EmptyStage> = (stage, host) => ({
  kind: 'function',
  fn: (context: AttemptContext) => {
    const said = host.render(stage.echo, ['echo'], context);
    const seconds = secondsOf(host.render(stage.sleep, ['sleep'], context));
    if (said !== null) context.emitOutput('stdout', `${withoutOuterLines(asText(said))}\n`);
    return seconds === 0 ? NOTHING : sleep(seconds * 1_000, host, context);
  },
});

function withoutOuterLines(text: string): string {
  return dedent(text).replace(/^\n+|\n+$/g, '');
}

function secondsOf(value: unknown): number {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof seconds === 'number' && seconds >= 0 && seconds < LONGEST_SLEEP_SECONDS) return seconds;
  throw new StageError(
    `sleep was ${show(value)}; allowed: seconds, at least 0 and less than ${LONGEST_SLEEP_SECONDS}`,
  );
}

async function sleep(delayMs: number, host: LeafHost, { signal }: AttemptContext): Promise<Outputs> {
  const clock: Clock = host.surroundings.clock ?? systemClock;
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clock.clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return NOTHING;
}
