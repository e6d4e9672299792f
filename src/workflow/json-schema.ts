/**
 * The JSON Schema of workflow files, for editors. Made from the shapes that the loader reads with; what the loader
 * decides by keys (which kind a stage is, which form a file has) is put around them with `if` and `then`.
 */
import { z } from 'zod';
import type { Holds } from './document/fields.ts';
import { jobShape } from './document/job-shape.ts';
import { DISCRIMINATORS, SHAPES, VIRTUAL_KEY } from './document/stage-shapes.ts';
import {
  cronShape,
  intervalShape,
  paramShape,
  paramTypeShape,
  workflowShape,
} from './document/workflow-shape.ts';
import type { StageKind } from './model.ts';

type Schema = Readonly<Record<string, unknown>>;

const DRAFT = 'http://json-schema.org/draft-07/schema#';
const HOLDS = 'x-holds';
const KINDS = Object.keys(SHAPES) as readonly StageKind[];

/** Draft 7. Every key has a description, shown on hover; unknown keys are refused. */
export function workflowJsonSchema(): Schema {
  const { required, ...inner } = schemaOf(workflowShape) as { readonly required: readonly string[] };
  const named = { ...inner, required: required.filter((key) => key !== 'name') };
  return {
    $schema: DRAFT,
    title: 'Signalbox workflow',
    description: 'Jobs of stages, run by `signalbox run FILE`.',
    type: 'object',
    ...when(hasOneOf(Object.keys(workflowShape.shape)), ref('workflow'), {
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: ref('namedWorkflow'),
    }),
    definitions: {
      workflow: titled('Workflow', { ...inner, required }),
      namedWorkflow: titled('Workflow under its name', named),
      job: titled('Job', schemaOf(jobShape)),
      param: paramSchema(),
      schedule: when(hasOneOf(['interval']), schemaOf(intervalShape), schemaOf(cronShape)),
      branch: { type: 'array', items: ref('stage') },
      stage: stageSchema(),
      ...Object.fromEntries(KINDS.map((kind) => [`${kind}Stage`, titled(titleOf(kind), kindSchema(kind))])),
    },
  };
}

/** All keys of all kinds, so that an editor offers them while nothing is decided yet; then those of the one kind. */
function stageSchema(): Schema {
  const keys = new Map<string, unknown>();
  for (const kind of KINDS)
    for (const [key, { description }] of Object.entries(propertiesOf(SHAPES[kind])))
      if (!keys.has(key)) keys.set(key, { description });
  return titled('Stage', {
    description: 'One thing to do. Its kind follows from its keys, for example bash, uses or foreach.',
    type: 'object',
    properties: Object.fromEntries(keys),
    required: ['name'],
    additionalProperties: false,
    allOf: KINDS.map((kind) => when(isKind(kind), ref(`${kind}Stage`))),
  });
}

/** Code of Python stands under one of two keys. */
function kindSchema(kind: StageKind): Schema {
  const isPython = kind === 'py' || kind === 'virtual-py';
  const oneOf = [{ required: ['run'] }, { required: ['py'] }];
  return isPython ? { ...schemaOf(SHAPES[kind]), oneOf } : schemaOf(SHAPES[kind]);
}

function isKind(kind: StageKind): Schema {
  const isVirtual = hasOneOf([VIRTUAL_KEY]);
  const keys = Object.keys(DISCRIMINATORS).filter((key) => kind === 'empty' || DISCRIMINATORS[key] === kind);
  const hasKey = hasOneOf(keys);
  switch (kind) {
    case 'empty':
      return { not: { anyOf: [hasKey, isVirtual] } };
    case 'virtual-py':
      return isVirtual;
    case 'py':
      return { allOf: [hasKey, { not: isVirtual }] };
    default:
      return hasKey;
  }
}

function paramSchema(): Schema {
  const isChoice = { properties: { type: { const: 'choice' } }, required: ['type'] };
  const full = { ...schemaOf(paramShape), ...when(isChoice, { required: ['options'] }) };
  return titled('Param', {
    description: 'A type, or a map with more.',
    anyOf: [schemaOf(paramTypeShape), full],
  });
}

function when(test: Schema, then: Schema, otherwise?: Schema): Schema {
  return { if: test, then, ...(otherwise === undefined ? {} : { else: otherwise }) };
}

function hasOneOf(keys: readonly string[]): Schema {
  return { anyOf: keys.map((key) => ({ required: [key] })) };
}

function propertiesOf(shape: z.ZodType): Readonly<Record<string, { readonly description?: string }>> {
  return schemaOf(shape)['properties'] as Readonly<Record<string, { readonly description?: string }>>;
}

function schemaOf(shape: z.ZodType): Schema {
  const { $schema: _draft, ...schema } = z.toJSONSchema(shape, { target: 'draft-7', io: 'input' });
  return referring(schema) as Schema;
}

/** What one level holds is described by the next. */
function referring(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(referring);
  if (typeof schema !== 'object' || schema === null) return schema;
  const held = (schema as { readonly [HOLDS]?: Holds })[HOLDS];
  if (held !== undefined) return ref(held);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, referring(value)]));
}

function ref(name: string): Schema {
  return { $ref: `#/definitions/${name}` };
}

function titled(title: string, schema: Schema): Schema {
  return { title, ...schema };
}

function titleOf(kind: StageKind): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} stage`;
}
