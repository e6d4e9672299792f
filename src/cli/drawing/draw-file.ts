/** `graph`: reads a workflow file as `run` would, and draws it instead. */
import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { invalidArgument, SignalboxError } from '../../core/errors.ts';
import { planGraph } from '../../workflow/drawing/graph.ts';
import { planMermaid } from '../../workflow/drawing/mermaid.ts';
import type { Theme } from '../../workflow/drawing/palette.ts';
import { planSvg } from '../../workflow/drawing/svg.ts';
import { loadWorkflow } from '../../workflow/index.ts';
import type { WorkflowPlan } from '../../workflow/model.ts';
import type { GraphOptions } from '../commands/graph.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { planTree } from '../plan/plan-tree.ts';
import { newLaunch } from '../running/launch.ts';
import { hasColor, hasUnicode } from '../terminal/style.ts';

type Draw = (plan: WorkflowPlan) => string;

/** Gives the exit code. @throws WORKFLOW_INVALID, INVALID_ARGUMENT; nothing is written then */
export async function drawFile(file: string, options: GraphOptions, output: Output): Promise<number> {
  const draw = options.output === undefined ? undefined : drawingFor(options.output, themeOf(options.theme));
  const { workflows, imports } = newLaunch(file, options);
  const { plan } = await loadWorkflow(file, { imports, ...(workflows === undefined ? {} : { workflows }) });
  if (options.output !== undefined && draw !== undefined) write(options.output, draw(plan));
  if (options.json === true) output.json(planGraph(plan));
  else if (options.output === undefined) output.print(...planTree(plan, terminal(output)));
  else output.note(`wrote ${options.output}`);
  return EXIT.succeeded;
}

function terminal({ stdout, width }: Output) {
  return { width, color: hasColor(stdout, process.env), unicode: hasUnicode(process.env) };
}

/** Text in a file is plain, and as wide as it takes. */
const textOf: Draw = (plan) => `${planTree(plan, { width: Number.POSITIVE_INFINITY }).join('\n')}\n`;

function drawingFor(file: string, theme: Theme): Draw {
  switch (extname(file).toLowerCase()) {
    case '.svg':
      return (plan) => planSvg(plan, { theme });
    case '.mmd':
    case '.mermaid':
      return planMermaid;
    case '.txt':
      return textOf;
    default:
      throw invalidArgument('the file of the picture', file, 'a name that ends in .svg, .mmd or .txt');
  }
}

function themeOf(theme: string | undefined): Theme {
  if (theme === undefined) return 'auto';
  if (theme === 'auto' || theme === 'light' || theme === 'dark') return theme;
  throw invalidArgument('--theme', theme, 'auto, light or dark');
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new SignalboxError('INVALID_ARGUMENT', `${file} cannot be written: ${(cause as Error).message}`, {
      hint: 'name a file in a folder that is there',
      cause,
    });
  }
}
