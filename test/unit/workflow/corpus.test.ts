/**
 * Files that are wrong in one way each, and what the loader says of them first: place, message, hint. The hunted bug
 * is the message that is right but points at the wrong line, and the broken file that loads.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { WorkflowError } from '../../../src/core/errors.ts';
import { parseDocument } from '../../../src/workflow/document/index.ts';
import type { Problem } from '../../../src/workflow/document/source.ts';
import { BUILT_IN_FILTERS } from '../../../src/workflow/expressions/index.ts';
import { workflowJsonSchema } from '../../../src/workflow/json-schema.ts';

const fixtures = join(import.meta.dirname, '../../fixtures');
const broken = join(fixtures, 'broken-workflows');
const good = join(fixtures, 'workflow-files');
const options = { rules: { filters: BUILT_IN_FILTERS } };

interface Expected {
  readonly at: string;
  readonly message: string;
  readonly hint?: string;
}

const expected = JSON.parse(readFileSync(join(broken, 'expected.json'), 'utf8')) as Record<string, Expected>;
const yamlIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.yml'));

function problemsOf(file: string, text: string): readonly Problem[] {
  try {
    parseDocument(text, file, options);
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    expect(error.code).toBe('WORKFLOW_INVALID');
    return error.details['problems'] as readonly Problem[];
  }
  return [];
}

describe('broken files', () => {
  it('are at least 80, and each one is expected to say something', () => {
    expect(yamlIn(broken).sort()).toEqual(Object.keys(expected).sort());
    expect(yamlIn(broken).length).toBeGreaterThanOrEqual(80);
  });

  it.each(Object.entries(expected))('%s says where, what and what to do', (name, wanted) => {
    const [first] = problemsOf(name, readFileSync(join(broken, name), 'utf8'));
    const { line, column, message, hint } = first ?? { message: 'it loads' };
    expect({ at: `${line}:${column}`, message, ...(hint === undefined ? {} : { hint }) }).toEqual(wanted);
  });

  it.each(Object.keys(expected))(
    '%s has problems in the order of the file, with the file in each',
    (name) => {
      const problems = problemsOf(name, readFileSync(join(broken, name), 'utf8'));
      const places = problems.map(({ line, column }) => line * 10_000 + column);
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(problems.every(({ file }) => file === name)).toBe(true);
    },
  );

  it('say the same where lines end as on Windows', () => {
    for (const [name, { at, message }] of Object.entries(expected)) {
      const text = readFileSync(join(broken, name), 'utf8').replaceAll('\n', '\r\n');
      const [first] = problemsOf(name, text);
      expect([name, `${first?.line}:${first?.column}`, first?.message]).toEqual([name, at, message]);
    }
  });
});

describe('good files', () => {
  it.each(yamlIn(good))('%s loads', (name) => {
    expect(problemsOf(name, readFileSync(join(good, name), 'utf8'))).toEqual([]);
  });

  it.each(yamlIn(good))('%s loads where lines end as on Windows', (name) => {
    const text = readFileSync(join(good, name), 'utf8').replaceAll('\n', '\r\n');
    expect(problemsOf(name, text)).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  const schema = workflowJsonSchema();
  const validate = new Ajv({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);
  const validates = (folder: string, name: string): boolean =>
    validate(parse(readFileSync(join(folder, name), 'utf8'), { merge: true }));

  it.each(yamlIn(good))('takes %s', (name) => {
    expect([validates(good, name), validate.errors]).toEqual([true, null]);
  });

  const byShape =
    /unknown key|is (?:"|'|-?\d|empty|an empty|a (?:map|list))|needs "(?!backoffMs|case|stages|run)|does one thing/;
  const beyond = [
    'nested-foreach-text', // what a text comes to
    'schedule-day', // depends on the interval
    'job-id-differs',
    'top-name-inside-differs',
    'secret-stage-name',
    'stage-image-form',
    'job-matrix-empty-list',
    'nested-foreach-of-maps',
    'schedule-cron-',
  ];
  const shaped = Object.entries(expected).filter(
    ([name, { message }]) => byShape.test(message) && !beyond.some((other) => name.startsWith(other)),
  );

  it('is tried on many of the broken files', () => {
    expect(shaped.length).toBeGreaterThan(60);
  });

  it.each(shaped.map(([name]) => name))('refuses %s', (name) => {
    expect(validates(broken, name)).toBe(false);
  });

  it('describes every key and refuses unknown ones', () => {
    const undescribed: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties, additionalProperties } = node as Record<string, unknown>;
      if (properties !== undefined) {
        if (additionalProperties === undefined) undescribed.push(`${path} is open`);
        for (const [key, value] of Object.entries(properties as Record<string, { description?: string }>))
          if (!path.endsWith('/if') && value.description === undefined) undescribed.push(`${path}/${key}`);
      }
      for (const [key, value] of Object.entries(node)) visit(value, `${path}/${key}`);
    };
    visit(schema, '');
    expect(undescribed.filter((path) => !/\/if(?:\/| |$)/.test(path))).toEqual([]);
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: expect.any(String),
    });
  });
});
