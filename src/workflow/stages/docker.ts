/**
 * The stage that runs a container. Its outputs are the object that the container leaves in /logs/outputs.json;
 * none where it leaves none.
 */
import { StageError } from '../../core/errors.ts';
import type {
  AttemptContext,
  ContainerResult,
  PreparedContainer,
  RegistryAuth,
} from '../../executors/executor.ts';
import { asText } from '../expressions/index.ts';
import type { DockerStage } from '../model.ts';
import type { LeafHost, MakeLeaf, Outputs } from './leaf.ts';

type Texts = Readonly<Record<string, string>>;

export const dockerStage: MakeLeaf<DockerStage> = (stage, host) => ({
  kind: 'container',
  image: stage.image,
  tag: stage.tag,
  begin: (context) => begin(stage, host, context),
});

function begin(stage: DockerStage, host: LeafHost, context: AttemptContext): PreparedContainer {
  const text = (value: unknown, ...at: readonly string[]): string => textOf(host.render(value, at, context));
  const texts = (key: 'env' | 'volume' | 'auth'): Texts =>
    Object.fromEntries(Object.entries(stage[key]).map(([name, value]) => [name, text(value, key, name)]));
  const auth = texts('auth');
  return {
    image: text(stage.image, 'image'),
    tag: text(stage.tag, 'tag'),
    env: texts('env'),
    volumes: texts('volume'),
    // The executor says which names there may be, and that without showing a value.
    auth: Object.keys(auth).length === 0 ? undefined : (auth as unknown as RegistryAuth),
    cwd: host.surroundings.workingFolder,
    succeeded: ({ outputs = {} }): Outputs => outputs,
    failed: (_, result) => failure(result),
  };
}

/** Nothing is an empty text, as in any environment. */
function textOf(value: unknown): string {
  return value === null || value === undefined ? '' : asText(value);
}

/** In the words of the library that the kind comes from. */
function failure(result: ContainerResult): StageError {
  const { exitCode, image, stderr } = result;
  const said = stderr.trim();
  const message = `Container of image '${image}' returned non-zero exit status ${exitCode}`;
  return new StageError(said === '' ? message : `${message}: ${tailOf(said)}`, {
    details: { errorName: 'ContainerError', ...result },
  });
}

const LONGEST_TAIL = 2_000;

function tailOf(text: string): string {
  return text.length <= LONGEST_TAIL ? text : `...${text.slice(-LONGEST_TAIL)}`;
}
