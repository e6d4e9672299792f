/**
 * `signalbox check` on real files. The hunted bugs: a good file that is accused, a finding without its place in the
 * file, a way there that nobody can follow, "all is well" said of what was not looked at.
 */
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { check } from '../../../src/cli/commands/check.ts';
import { openOutput } from '../../../src/cli/output.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/check/${name}`, import.meta.url));

async function checked(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()] as unknown as NodeJS.WriteStream[];
  if (stdout === undefined || stderr === undefined) throw new Error('there are two streams');
  const output = openOutput(stdout, stderr);
  let code = -1;
  const program = new Command().exitOverride();
  check(program, { output, exit: (given: number) => (code = given) });
  await program.parseAsync(['check', ...args], { from: 'user' });
  stdout.end();
  return { code, text: String(stdout.read() ?? '') };
}

interface Line {
  readonly type: string;
  readonly kind?: string;
  readonly message?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly steps?: readonly string[];
  readonly [name: string]: unknown;
}

async function checkedJson(...args: readonly string[]) {
  const { code, text } = await checked(...args, '--json');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return { code, summary: lines.at(-1), findings: lines.slice(0, -1) };
}

describe('check', () => {
  it('finds nothing in a good file, in little time, and says what was left out', async () => {
    const { code, summary, findings } = await checkedJson(
      fixture('good.yml'),
      '--resources',
      'cpu=2',
      '--parallel',
      '2',
    );
    expect(findings).toEqual([]);
    expect(code).toBe(0);
    expect(summary).toMatchObject({ type: 'summary', workflow: 'release', complete: true, findings: 0 });
    expect(summary?.['states']).toBeLessThan(30_000);
    expect(JSON.stringify(summary?.['notes'])).toContain('2 of its 4 attempts are tried');
    console.info(`good.yml: ${summary?.['states']} states in ${summary?.['seconds']} s`);
  });

  it('says so when it did not look at everything', async () => {
    const { code, text } = await checked(
      fixture('good.yml'),
      '--resources',
      'cpu=2',
      '--parallel',
      '2',
      '--max-states',
      '20',
    );
    expect(code).toBe(0);
    expect(text).toContain('not everything was looked at');
    expect(text).not.toContain('every order of events comes to an end');
  });

  it('finds a stage that never fits, where it stands, and the way to it', async () => {
    const { code, findings } = await checkedJson(fixture('too-large.yml'), '--resources', 'gpu=2');
    expect(code).toBe(3);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      kind: 'never-fits',
      line: 13,
      message: "the stage 'fit' of the job 'train' can never start: it needs 4 gpu, and there are 2",
      steps: ['prepare > load succeeds', 'train > look succeeds', 'train > fit is refused'],
    });
    expect((await checkedJson(fixture('too-large.yml'), '--resources', 'gpu=4')).code).toBe(0);
  });

  it('prints findings as file:line:column with a hint and the numbered way', async () => {
    const { code, text } = await checked(fixture('too-large.yml'));
    expect(code).toBe(3);
    expect(text).toMatch(/too-large\.yml:13:\d+ never-fits: the stage 'fit'/);
    expect(text).toContain('nobody says how much gpu there is');
    expect(text).toContain('--resources gpu=4');
    expect(text).toContain('3. train > fit is refused');
  });

  it('finds jobs, stages and loops that lead nowhere', async () => {
    const { code, findings } = await checkedJson(fixture('no-way.yml'));
    expect(code).toBe(3);
    expect(findings.map(({ kind }) => kind)).toEqual(['unreachable', 'unreachable', 'unbounded']);
    expect(findings[0]?.message).toContain("the job 'never' can never start: its rule is all_failed");
    expect(findings.slice(1).map(({ line }) => line)).toEqual([17, 22]);
  });

  it('follows triggers round in a circle, and to workflows that are not there', async () => {
    const { code, findings } = await checkedJson(fixture('more/about.yml'));
    expect(code).toBe(3);
    expect(findings.map(({ kind }) => kind)).toEqual(['trigger-cycle', 'trigger-missing']);
    expect(findings[0]?.message).toMatch(/: about -> round -> about$/);
  });

  it('rejects a file that is none', async () => {
    await expect(checked(fixture('missing.yml'))).rejects.toThrow();
  });
});
