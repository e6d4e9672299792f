/** The pictures in the repository are those of the charts of today. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pictures } from '../../visualizations/generate.ts';

it.each([...pictures()])('%s is up to date (npm run visualize)', (name, text) => {
  expect(readFileSync(new URL(`../../visualizations/${name}`, import.meta.url), 'utf8')).toBe(text);
});
