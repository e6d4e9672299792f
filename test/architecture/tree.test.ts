/** Rules of the tree that reviews forget: sizes, banned words, ports of time and chance. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, readSource, root, withoutComments } from './sources.ts';

const MAX_LINES = 500;
const MAX_FUNCTION_LINES = 70;
const product = [...filesBelow('machines'), ...filesBelow('src')].map(readSource);

/** Token, where it may stand, and what to use instead. */
const BANNED: readonly { readonly token: RegExp; readonly allowed: RegExp; readonly instead: string }[] = [
  { token: /\bDate\.now\b|\bnew Date\(\)/, allowed: /^src\/core\//, instead: 'the injected clock' },
  {
    token: /(?<![.\w#])set(?:Timeout|Immediate|Interval)\(/,
    allowed: /^src\/core\/|^src\/testing\/(?:executor-probe|virtual-clock)\.ts$/,
    instead: 'the injected clock',
  },
  {
    token: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/,
    allowed: /^src\/core\//,
    instead: 'the injected random or ids',
  },
  { token: /\bas any\b|: any\b|<any>/, allowed: /^$/, instead: 'unknown, and a check' },
  { token: /@ts-(?:ignore|nocheck)/, allowed: /^$/, instead: 'a type that fits' },
  { token: /\bconsole\./, allowed: /^src\/core\/logger\.ts$/, instead: 'the injected logger' },
  { token: /\bprocess\.exit\(/, allowed: /^src\/cli\//, instead: 'an exit code of the composition root' },
];

describe('sizes', () => {
  it.each(product.map((source) => [source.path, source] as const))(
    '%s is no longer than a reader can hold',
    (_, { text }) => {
      expect(text.split('\n').length).toBeLessThanOrEqual(MAX_LINES);
    },
  );

  it('has no function longer than a screen', () => {
    const long = product.flatMap(({ path, text }) => longFunctions(text).map((name) => `${path}: ${name}`));
    expect(long).toEqual([]);
  });
});

/** Functions and methods by their closing brace at the same indentation; the charts are data and do not count. */
function longFunctions(text: string): string[] {
  const lines = text.split('\n');
  const head =
    /^(\s*)(?:export )?(?:async )?(?:function\b.*|(?:(?:private|protected|override|static|readonly|async|get|set) )*[#\w[\].]+(?:<.*>)?\(.*\).*)\{$/;
  return lines.flatMap((line, start) => {
    const indent = head.exec(line)?.[1];
    if (indent === undefined || /^\s*(?:if|for|while|switch|return|setup)\b/.test(line)) return [];
    const end = lines.findIndex((other, i) => i > start && other.startsWith(`${indent}}`));
    return end - start > MAX_FUNCTION_LINES ? [`${line.trim()} (${end - start} lines)`] : [];
  });
}

describe('banned tokens', () => {
  it.each(BANNED.map((rule) => [String(rule.token), rule] as const))(
    '%s stands only where it may',
    (_, rule) => {
      const found = product
        .filter(({ path, text }) => !rule.allowed.test(path) && rule.token.test(withoutComments(text)))
        .map(({ path }) => `${path}: use ${rule.instead}`);
      expect(found).toEqual([]);
    },
  );

  it('has no folders by kind and no file called utils, helpers or common', () => {
    const vague = product
      .map(({ path }) => path)
      .filter((path) => /(?:^|\/)(?:utils?|helpers?|common|types|interfaces)(?:\/|\.ts$)/.test(path));
    expect(vague).toEqual([]);
  });

  it('names files in kebab-case', () => {
    expect(product.map(({ path }) => path).filter((path) => !/^[a-z0-9/.-]+$/.test(path))).toEqual([]);
  });

  it("has no path of somebody's machine and no package registry in what is shipped", () => {
    const files = [
      ...product.map(({ path }) => path),
      'README.md',
      'CHANGELOG.md',
      'package.json',
      ...filesBelow('docs', '.md'),
    ];
    const leaks = files.filter((path) =>
      /(?:^|[\s"'(`])\/(?:work|root|home|Users)\//m.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(leaks).toEqual([]);
  });
});

describe('dependencies', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: Record<string, string>;
    readonly devDependencies: Record<string, string>;
  };

  it('pins every version exactly', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('says for each one why it was chosen', () => {
    const reasons = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');
    const silent = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      (name) => !reasons.includes(`\`${name}\``),
    );
    expect(silent).toEqual([]);
  });

  it('has a lockfile that knows every platform: npm ci refuses one with an optional package missing', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<
        Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
      >;
    };
    const locked = new Set(
      Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/'))),
    );
    const optional = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}));
    expect(optional.filter((name) => !locked.has(`node_modules/${name}`))).toEqual([]);
  });

  it('has a lockfile without download addresses', () => {
    expect(existsSync(join(root, 'package-lock.json'))).toBe(true);
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
  });
});
