import { EXIT } from '../exit-codes.ts';
import type { Register } from '../program.ts';

export const schema: Register = (program, { output, exit }) =>
  program
    .command('schema')
    .description('print the JSON Schema of workflow files, for editors')
    .option('--json', 'on one line')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { workflowJsonSchema } = await import('../../workflow/index.ts');
      output.print(JSON.stringify(workflowJsonSchema(), null, json === true ? 0 : 2));
      exit(EXIT.succeeded);
    });
