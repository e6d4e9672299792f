import { type FileOptions, withFile } from '../options/shared.ts';
import type { Register } from '../program.ts';

export interface GraphOptions extends FileOptions {
  readonly output?: string;
  readonly theme?: string;
  readonly json?: boolean;
}

export const graph: Register = (program, { output, exit }) =>
  withFile(program.command('graph'))
    .description('draw what a workflow file would run; starts nothing')
    .argument('<file>', 'the workflow file')
    .option('-o, --output <file>', 'write a picture: .svg, .mmd (Mermaid) or .txt')
    .option('--theme <theme>', 'of an .svg: auto, light or dark (default: auto)')
    .option('--json', 'print the graph as one JSON object on one line, and nothing else')
    .addHelpText('after', HELP)
    .action(async (file: string, options: GraphOptions) => {
      const { drawFile } = await import('../drawing/draw-file.ts');
      exit(await drawFile(file, options, output));
    });

const HELP = `
Examples:
  signalbox graph release.yml
  signalbox graph release.yml -o release.svg
  signalbox graph release.yml --json | jq '.jobs[].id'`;
