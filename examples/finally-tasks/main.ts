/** Runs the graph and prints what became of it. Exit code 1 when something required did not succeed. */
import type { Task } from '../../src/index.ts';
import { nightly } from './nightly.ts';

// Nobody has this command: telling the team fails, and the result stands all the same.
const { graph, report } = nightly('no-such-mailer --subject "nightly readings"');
await graph.run({ maxWorkers: 2 });

print(`${graph.title}: ${graph.ok ? 'ok' : 'not ok'}`);
for (const task of graph) print(`  ${task.status.padEnd(9)} ${task.title}${kindOf(task)}${blameOf(task)}`);
print('', 'What the report, a finally task, saw:');
const seen = (report.result?.raw ?? []) as readonly string[];
for (const line of seen) print(`  ${line}`);
print('', 'Optional failures, which do not count:');
for (const { title, result } of graph.optionalFailed) print(`  ${title}: exit code ${result?.returnCode}`);
print('', graph.toMermaid().trimEnd());
process.exitCode = graph.ok ? 0 : 1;

function kindOf(task: Task): string {
  if (graph.isOptional(task)) return ' (optional)';
  return graph.isFinally(task) ? ' (finally)' : '';
}

function blameOf({ blockedBy }: Task): string {
  const parent = graph.tasks.find(({ id }) => id === blockedBy);
  return parent === undefined ? '' : `, blocked by ${parent.title}`;
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
