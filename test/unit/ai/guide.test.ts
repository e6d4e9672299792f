/** The example of the guide runs as it stands, against a provider on loopback. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { API_KEY, server } from './kit.ts';
import { says } from './openai-server.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const guide = readFileSync(join(root, 'docs/guides/language-models.md'), 'utf8');
const snippets = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

it('the example of docs/guides/language-models.md does what it says', async () => {
  expect(snippets.length).toBe(1);
  server().answers(
    says('Red light, ', 'green light'),
    (reply) => reply.tool('wordCount', { text: 'Red light, green light' }).finish('tool_calls'),
    says('Four.'),
  );
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-guide-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'example.ts');
  writeFileSync(file, fromSource(snippets[0] ?? ''));
  const settings = { MODEL_BASE_URL: server().baseURL, MODEL_API_KEY: API_KEY, MODEL: 'haiku-model' };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    await import(/* @vite-ignore */ file);
    const lines = log.mock.calls.map(([line]) => String(line));
    expect(lines).toEqual([
      '[check] wordCount is called with {"text":"Red light, green light"}',
      '[check] wordCount has answered',
      '\nhaiku: succeeded\nRed light, green light',
      '\ncheck: succeeded\nFour.',
    ]);
    expect(write.mock.calls.map(([chunk]) => chunk).join('')).toContain('Red light, green lightFour.');
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  }
  const { requests } = server();
  expect(requests.map(({ body }) => body.model)).toEqual(['haiku-model', 'haiku-model', 'haiku-model']);
  expect(requests[1]?.body.messages[0]?.content).toBe('How many words has this?\n\nRed light, green light');
  expect(requests[2]?.body.messages.at(-1)).toMatchObject({ role: 'tool', content: '4' });
});

/** The package by its sources, since the build is not what is tested here. */
function fromSource(text: string): string {
  return text
    .replace("'signalbox'", `'${join(root, 'src/index.ts')}'`)
    .replace("'signalbox/ai'", `'${join(root, 'src/ai/index.ts')}'`);
}
