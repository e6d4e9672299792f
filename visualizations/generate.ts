/** Writes the pictures of the four charts beside this file: Mermaid for people, JSON for tools. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pipelineMachine, stageMachine, supervisorMachine, taskMachine } from '../machines/index.ts';
import { toMermaid } from './mermaid.ts';

const machines = {
  task: taskMachine,
  stage: stageMachine,
  pipeline: pipelineMachine,
  supervisor: supervisorMachine,
};

/** File name -> content. */
export function pictures(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(machines).flatMap(([name, machine]) => [
      [`${name}.mmd`, toMermaid(machine)] as const,
      [`${name}.json`, `${JSON.stringify(machine.toJSON(), null, 2)}\n`] as const,
    ]),
  );
}

const [, script, folder = 'visualizations'] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(resolve(script)).href) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of pictures()) writeFileSync(join(folder, name), text);
}
