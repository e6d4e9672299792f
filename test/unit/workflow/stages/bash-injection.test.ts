/**
 * The hunted bug is the value that becomes shell syntax. Every context is run by a real bash with values that would
 * create a file if any part of them was executed.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { StageError } from '../../../../src/core/errors.ts';
import { bash } from './stage-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'canary-'));
const canary = join(folder, 'canary');
const touch = `touch ${canary}`;

beforeEach(() => rmSync(canary, { force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a script of ours would do with any of these, if it was read as syntax. */
const NASTY: readonly string[] = [
  'plain',
  '',
  '  two  spaces  ',
  '-n',
  `$(${touch})`,
  `\`${touch}\``,
  `; ${touch} ;`,
  `"; ${touch}; "`,
  `'; ${touch}; '`,
  `\n${touch}\n`,
  `a\nEOF\n${touch}\n`,
  `a\nSIGNALBOX_END_OF_TEXT\n${touch}\n`,
  `) ; ${touch}; (`,
  `)); ${touch}; ((`,
  `}; ${touch}; {`,
  `\${x:-$(${touch})}`,
  `a[$(${touch})]`,
  `| ${touch}`,
  `& ${touch} &`,
  `> ${canary}`,
  `<(${touch})`,
  `'"'"'$(${touch})`,
  `\\"; ${touch}; \\"`,
  `\\`,
  `\\\\`,
  `'`,
  `"`,
  '$',
  '$$ $1 $HOME ${HOME}',
  '*',
  '~',
  '{a,b}',
  '!x',
  '#no comment',
  'a\tb',
  'tail\n\n',
  'é ü 日本 🚀',
  '&',
  '%s %d',
];

/** One printf prints one value, and `|` ends it, so that line ends at the end of a value show. */
const P = `printf '%s|'`;
const V = '${{ params.v }}';

/** Places where every value comes out as it is. */
const PLACES: Readonly<Record<string, string>> = {
  unquoted: `${P} ${V}`,
  'unquoted in the middle of a word': `x=a${V}b; x=\${x#a}; ${P} "\${x%b}"`,
  'double quotes': `${P} "${V}"`,
  'single quotes': `${P} '${V}'`,
  'single and double quotes beside each other': `${P} ''"${V}"''`,
  "$'...'": `${P} $'${V}'`,
  '$"..."': `${P} $"${V}"`,
  'a command substitution': `x=$(${P} ${V}; echo .); printf %s "\${x%.}"`,
  'a command substitution in double quotes': `printf %s "$(${P} "${V}")"`,
  'single quotes in a substitution in double quotes': `printf %s "$(${P} '${V}')"`,
  'substitutions in substitutions': `printf %s "$(printf %s "$(${P} "$(printf %s. ${V})")")" | sed '$s/\\.|$/|/'`,
  'a substitution with case in it': `printf %s "$(case x in (y) ;; x) ${P} "${V}";; esac)"`,
  backticks: `x=\`${P} ${V}; echo .\`; printf %s "\${x%.}"`,
  'double quotes in backticks': `x=\`${P} "${V}"; echo .\`; printf %s "\${x%.}"`,
  'backticks in double quotes': `x="\`${P} ${V}; echo .\`"; printf %s "\${x%.}"`,
  'escaped double quotes in backticks in double quotes': `x="\`${P} \\"${V}\\"; echo .\`"; printf %s "\${x%.}"`,
  'single quotes in backticks': `x=\`${P} '${V}'; echo .\`; printf %s "\${x%.}"`,
  'a default': `${P} "\${unset:-${V}}"`,
  'an unquoted default': `${P} \${unset:-${V}}`,
  'a quoted default in double quotes': `${P} "\${unset:-"${V}"}"`,
  'an alternative': `set=1; ${P} "\${set:+${V}}"`,
  'an assignment': `x=${V}; ${P} "$x"`,
  'an assignment in double quotes': `x="${V}"; ${P} "$x"`,
  export: `export X=${V}; ${P} "$X"`,
  local: `f() { local x="${V}"; ${P} "$x"; }; f`,
  'an array': `a=(1 ${V} "${V}"); ${P} "\${a[2]}"`,
  'a function of one line': `f() { ${P} ${V}; }; f`,
  'a subshell': `(${P} ${V})`,
  'a group in a pipe': `{ ${P} ${V}; } | cat`,
  'a here-string': `x=$(cat <<< ${V}; echo .); ${P} "\${x%??}"`,
  'a here-document': `x=$(cat <<EOF\n${V}.\nEOF\n); ${P} "\${x%.}"`,
  'a here-document, quoted': `x=$(cat <<'EOF'\n${V}.\nEOF\n); ${P} "\${x%.}"`,
  'a here-document of the top': `cat <<EOF\n${V}|\nEOF`,
  'a quoted here-document of the top': `cat <<'EOF'\n${V}|\nEOF`,
  'a here-document with a delimiter of blanks': `cat <<'THE END'\n${V}|\nTHE END\n:`,
  'a here-document with tabs': `cat <<-\\EOF\n\t${V}|\n\tEOF\n:`,
  'double quotes in a here-document': `x=$(cat <<EOF\n"${V}"\nEOF\n); x=\${x#?}; ${P} "\${x%?}"`,
  'two here-documents': `cat <<A >/dev/null; cat <<'B'\n"${V}\nA\n${V}|\nB`,
  'a pattern of case': `case ${V} in ${V}) ${P} "${V}";; *) echo no;; esac`,
  'a comparison': `[[ ${V} == ${V} ]] && ${P} "${V}"`,
  test: `[ ${V} = "${V}" ] && ${P} ${V}`,
  'a loop': `for x in ${V}; do ${P} "$x"; done`,
  'a loop on one line with brackets': `for ((i=0; i<1; i++)); do ${P} ${V}; done`,
  if: `if true; then ${P} ${V}; else echo; fi`,
  'arguments of bash -c': `bash -c '${P.replaceAll("'", '"')} "$1"' _ ${V}`,
  'arguments of bash -s': `bash -s -- "x${V}" <<'END'\n${P} "\${1#x}"\nEND`,
  'a process substitution': `cat <(${P} ${V})`,
  'an environment of one command': `X=${V} bash -c '${P.replaceAll("'", '"')} "$X"'`,
  'a comment before': `# ${V}\n${P} ${V} # ${V}`,
  'a word with a hash': `x=a#${V}; ${P} "\${x#a#}"`,
  'a replacement': `x=_; ${P} "\${x/_/${V}}"`,
  'a removed prefix': `x=${V}end; ${P} "\${x#"${V}"}" | grep -q '^end|$' && ${P} ${V}`,
  'a removed prefix without quotes': `x="${V}end"; [ "\${x#${V}}" = end ] && ${P} ${V}`,
  'a pipe': `${P} ${V} | cat`,
  'a redirected file': `f=$(mktemp -d); cd "$f"; mkdir -p "x"; ${P} ${V} > out; cat out; rm -r "$f"`,
  'after a backslash': `${P} \\${V}`,
  'after $$': `x="$$${V}"; ${P} "\${x#$$}"`,
  'after a dollar sign': `x="$${V}"; ${P} "\${x#$}"`,
  'after a backslash in double quotes': `x="\\${V}"; ${P} "\${x#?}"`,
  "after a backslash in $'...'": `x=$'\\${V}'; ${P} "\${x#?}"`,
  'after an escaped quote': `x="\\"${V}"; ${P} "\${x#?}"`,
  'after an arithmetic expansion': `: $((1 + (2 * 3))); ${P} ${V}`,
  'after a quote in a comment': `# don't\n${P} ${V}`,
  'after the length of a variable': `x=1; : \${#x} $# ; ${P} ${V}`,
  'after a condition with a regex': `[[ ab =~ ^(a|b)+$ ]]; ${P} ${V}`,
  'after a nested case': `case a in a) case b in b) ;; esac;; esac; ${P} "$(${P} '${V}')" | sed '$s/|$//'`,
};

const printed = async (script: string, v: unknown): Promise<string> => {
  const probe = bash(script, { params: { v } });
  await probe.value();
  return probe.entries
    .flatMap((entry) => (entry.kind === 'output' && entry.stream === 'stdout' ? [entry.chunk] : []))
    .join('');
};

describe('a placeholder in a bash script', () => {
  it.each(Object.entries(PLACES))(
    'in %s prints every value as it is, and runs none',
    async (place, script) => {
      const got = await Promise.all(
        NASTY.map((value) => printed(script, value).catch((error: Error) => error.message)),
      );
      for (const [index, value] of NASTY.entries())
        expect({ place, value, got: got[index]?.replace(/\|\n$/, '|') }).toEqual({
          place,
          value,
          got: `${value}|`,
        });
      expect(existsSync(canary)).toBe(false);
    },
    120_000,
  );
});

/** Places where bash would evaluate the value: it is refused. */
const EVALUATED: Readonly<Record<string, string>> = {
  arithmetic: `echo $(( ${V} ))`,
  'quoted arithmetic': `echo "$(( "${V}" + 1 ))"`,
  'old arithmetic': `echo $[ ${V} ]`,
  'an arithmetic command': `(( x = ${V} )) || :`,
  'an arithmetic loop': `for (( i = 0; i < ${V}; i++ )); do :; done`,
  let: `let "x = ${V}" || :`,
  'builtin let': `builtin let x=${V} || :`,
  'an arithmetic comparison, left': `[[ ${V} -eq 1 ]] || :`,
  'an arithmetic comparison, right': `[[ 1 -lt "${V}" ]] || :`,
  'a subscript': `a=(1 2); echo \${a[${V}]}`,
  'a subscript of an assignment': `a[${V}]=1`,
  'a subscript in an array': `a=([${V}]=1)`,
  'an offset': `x=abc; echo \${x:${V}}`,
  'a length': `x=abc; echo "\${x:0:${V}}"`,
  'what is printed in arithmetic': `echo $(( $(echo ${V}) ))`,
  'declare -i': `declare -i x=${V}`,
  'an integer': `declare -i x; x=${V}`,
  RANDOM: `RANDOM=${V}`,
  OPTIND: `OPTIND="${V}"`,
  'declare -a': `declare -a x="${V}"`,
  'declare with brackets': `declare -a y; declare y="(${V})"`,
  'a declared name': `declare ${V}=1`,
  'a local name': `f() { local "${V}"=1; }; f`,
  'a name reference': `declare -n r=${V}; r=1`,
  unset: `a=(1); unset ${V}`,
  'unset of an element': `a=(1); unset "a[${V}]"`,
  'printf -v': `printf -v ${V} x`,
  read: `read -r ${V} <<< 1`,
  'test -v': `test -v ${V} || :`,
  '[ -v': `[ -v "${V}" ] || :`,
  '[[ -v': `[[ -v ${V} ]] || :`,
  eval: `eval ${V}`,
  'eval in double quotes': `eval "echo ${V}"`,
  'eval of what is printed': `eval "$(echo ${V})"`,
  'command eval': `command eval 'echo ${V}'`,
  'eval after a keyword': `if true; then eval "echo ${V}"; fi`,
  'eval in a function': `f() { eval "echo ${V}"; }; f`,
  'eval in function f': `function f { eval "echo ${V}"; }; f`,
  'eval in a case': `case a in a) eval "echo ${V}";; esac`,
  'bash -c': `bash -c "echo ${V}"`,
  'bash -c, single quotes': `bash -c 'echo ${V}'`,
  'sh -ec': `sh -ec "echo ${V}"`,
  'bash -c by path': `/bin/bash -c ${V}`,
  'sudo-like wrappers': `env X=1 bash -c 'echo ${V}'`,
  'find -exec': `find . -maxdepth 0 -exec sh -c 'echo ${V}' ';'`,
  trap: `trap "echo ${V}" EXIT`,
  alias: `shopt -s expand_aliases\nalias x="echo ${V}"\nx`,
  'a here-document of bash': `bash <<EOF\necho ${V}\nEOF`,
  'a quoted here-document of bash': `bash <<'EOF'\necho ${V}\nEOF`,
  'a here-string of sh': `sh <<< "echo ${V}"`,
  'a pipe into bash': `echo "echo ${V}" | bash`,
  'a group piped into bash': `{ true; echo "echo ${V}"; } | bash`,
  'a loop piped into bash': `for x in 1; do if true; then echo "echo ${V}"; fi; done | sh`,
  'a case piped into bash': `case a in a) echo "echo ${V}";; esac | sh`,
  'a subshell piped into bash': `(true; echo "echo ${V}") | sh`,
  'a here-document piped into bash': `cat <<EOF | bash\necho ${V}\nEOF`,
  'a pipe into bash -s': `echo 'echo ${V}' | bash -s -- x`,
  'a pipe over two lines': `cat <<EOF |\necho ${V}\nEOF\nbash`,
  source: `source <(echo "echo ${V}")`,
  'a dot': `. <(echo "echo ${V}")`,
  'bash <(...)': `bash <(echo "echo ${V}")`,
  PS4: `PS4=${V}; set -x; echo`,
  compgen: `compgen -W "${V}"`,
  'wait -p': `sleep 0 & wait -n -p ${V}`,
};

describe('a value where bash evaluates it', () => {
  const attacks = [`a[$(${touch})]`, `$(${touch})`, `; ${touch};`, `x; ${touch} #`, `($(${touch}))`];
  it.each(Object.entries(EVALUATED))('in %s is refused before anything runs', async (_, script) => {
    for (const value of attacks) {
      const end = await bash(`echo ran\n${script}`, { params: { v: value } }).end();
      const error = end.kind === 'failed' ? (end.error as StageError) : undefined;
      expect({ value, message: error?.message }).toEqual({
        value,
        message: expect.stringMatching(/^line \d+ of the script: a value in .* must be /),
      });
    }
    expect(existsSync(canary)).toBe(false);
  });

  it('is refused where it would be the list of an array', async () => {
    const error = await bash('declare -a x; declare x=${{ params.v }}', {
      params: { v: `($(${touch}))` },
    }).error();
    expect(error).toMatchObject({ message: expect.stringContaining('not beginning with "("') });
  });

  it.each([
    ['$(( ${{ params.v }} * 2 ))', 21, '42'],
    ['$(( 0x${{ params.v }} ))', 10, '16'],
    ['"$(( ${{ params.v }} ))"', -7, '-7'],
    ['$( [[ ${{ params.v }} -gt 3 ]] && echo more )', 4, 'more'],
    ['$( a=(x y z); echo ${a[${{ params.v }}]} )', 1, 'y'],
    ['$( x=abcdef; echo ${x:${{ params.v }}:2} )', 2, 'cd'],
    ['$( bash -c "echo ${{ params.v }}" )', 'v1.2/a-b', 'v1.2/a-b'],
    ['$( echo "echo ${{ params.v }}" | sh )', 'x', 'x'],
    ['$( printf -v ${{ params.v }} hello; echo $name )', 'name', 'hello'],
  ])('works in %s when it is harmless', async (code, v, expected) => {
    const value = await bash(`echo ${code}`, { params: { v } }).value();
    expect(value).toMatchObject({ stdout: expected });
  });

  it('is pasted with `| raw`, which asks for it', async () => {
    const value = await bash('eval "echo ${{ params.v | raw }}"', { params: { v: '$((1 + 1))' } }).value();
    expect(value).toMatchObject({ stdout: '2' });
  });
});

describe('any value', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...`"'\`$(){}[]<>|&;\\\n\t *?~#!=%-aE O F0`), maxLength: 30 }),
    fc.constantFrom(...NASTY),
  );
  const clean = (value: string): boolean => !value.includes('\0') && !/[\ud800-\udfff]/u.test(value);
  const places = Object.values(PLACES);

  test.prop([text.filter(clean), fc.nat(places.length - 1)], { numRuns: 250 })(
    'comes out unchanged wherever it stands',
    async (value, index) => {
      const got = await printed(places[index] ?? '', value);
      expect(got.replace(/\|\n$/, '|')).toBe(`${value}|`);
      expect(existsSync(canary)).toBe(false);
    },
    60_000,
  );
});
