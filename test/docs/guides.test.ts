/**
 * Every program and every command of a guide is run, and compared with what the guide says it prints. The hunted bug
 * is the guide that was true last month.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, Snippets } from './snippets.ts';

/** Guides whose blocks are compiled here and run elsewhere, and why. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'language-models.md': 'needs a provider: test/unit/ai/guide.test.ts runs it against one on loopback',
};

const guides = readdirSync(join(root, 'docs/guides')).filter((name) => name.endsWith('.md'));

describe.each(guides)('docs/guides/%s', (name) => {
  const page = new Snippets(join('docs/guides', name));
  afterAll(() => page.remove());
  const why = RUN_ELSEWHERE[name];

  describe('its blocks', () => {
    beforeAll(() => page.compile());

    it('are there, and are programs that compile', () =>
      expect(page.all.length + page.commands.length).toBeGreaterThan(0));

    const programs = page.all.map((snippet, i) => [i + 1, snippet] as const);
    it.skipIf(why !== undefined).each(programs)(
      why === undefined ? 'number %d prints what the guide says' : `number %d (skipped: ${why})`,
      (number, { prints }) => {
        expect(prints, 'a text block right after it says what it prints').toBeDefined();
        expect(page.run(number - 1)).toBe(prints);
      },
    );

    // In the order of the page: a later command may look at what an earlier one did.
    const commands = page.commands.map(({ code }, i) => [i + 1, code.trim().split('\n')[0]] as const);
    it.each(commands)('command %d, %s, prints what the guide says', (number) => {
      const { printed, said } = page.runCommands(number - 1);
      expect(printed).toBe(said);
    });
  });
});

it('excuses no guide that is not there', () => {
  expect(guides).toEqual(expect.arrayContaining(Object.keys(RUN_ELSEWHERE)));
});
