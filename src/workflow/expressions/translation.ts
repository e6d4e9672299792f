/**
 * From tokens to CEL. Only what CEL has not is worked out here: `and or not`, `a if c else b`, `not in`, calls, and
 * which operand belongs to what, so that everything can be put in brackets; values never become CEL text, they are
 * bound to names. `and`, `or` look at their left side first and at their right side only if it matters; an error on
 * the left is an error (CEL by itself lets the right side hide it), hence the conditional expressions they become.
 */

import { EXPRESSION_OPERANDS } from '../../core/limits.ts';
import { type CelProgram, celFault, celProgram, FUNCTIONS } from './cel.ts';
import { constantList } from './constants.ts';
import { errorAt, type Span } from './faults.ts';
import { filterCall } from './filter-call.ts';
import { grouped, isSymbol, split } from './grouping.ts';
import { didYouMean, listed } from './suggestion.ts';
import type { Formula, Group, Node, Operand, Origin, Pipe, Token } from './syntax.ts';

/** A piece of CEL text, and what it was made from. */
interface Chunk {
  readonly text: string;
  readonly span: Span | undefined;
}

type Chunks = readonly Chunk[];

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=', 'in'];
const ARITHMETIC = ['+', '-', '*', '/', '%'];

/** @param span of the whole, for a message when it is empty */
export function pipeOf(tokens: readonly Token[], span: Span): Pipe {
  return pipeOfNodes(grouped(tokens), span);
}

function pipeOfNodes(nodes: readonly Node[], span: Span): Pipe {
  const bars = nodes.filter((node) => isSymbol(node, '|'));
  const [expression = [], ...filters] = split(nodes, '|');
  return {
    expression: new Translation().whole(expression, span),
    filters: filters.map((part, i) => filterCall(part, bars[i] ?? span)),
    start: span.start,
    end: span.end,
  };
}

class Translation {
  readonly #operands: Operand[] = [];

  /** A single value needs no CEL. */
  whole(nodes: readonly Node[], span: Span): Operand | Formula {
    const [only] = nodes;
    if (nodes.length === 1 && only?.kind === 'operand') return only.operand;
    const list =
      nodes.length === 1 && only?.kind === 'group' && only.open === '[' ? constantList(only) : undefined;
    if (list !== undefined) return { kind: 'literal', value: list.value, ...spanOf(nodes, span) };
    return this.#formula(this.#expression(nodes, span), spanOf(nodes, span));
  }

  #formula(chunks: Chunks, span: Span): Formula {
    let cel = '';
    const origins: Origin[] = [];
    for (const { text, span: origin } of chunks) {
      if (origin !== undefined)
        origins.push({ celStart: cel.length, celEnd: cel.length + text.length, span: origin });
      cel += text;
    }
    return { kind: 'formula', cel, origins, operands: this.#operands, run: compiled(cel, span), ...span };
  }

  #expression(nodes: readonly Node[], at: Span): Chunks {
    if (nodes.length === 0) throw errorAt(at, 'a value is missing here');
    const word = nodes.findIndex((node) => isSymbol(node, 'if'));
    if (word >= 0) return this.#wordChoice(nodes, word);
    const mark = nodes.findIndex((node) => isSymbol(node, '?'));
    return mark >= 0 ? this.#markChoice(nodes, mark) : this.#or(nodes, at);
  }

  /** `a if c else b` */
  #wordChoice(nodes: readonly Node[], word: number): Chunks {
    const span = spanAt(nodes, word);
    const rest = nodes.slice(word + 1);
    const otherwise = rest.findIndex((node) => isSymbol(node, 'else'));
    if (otherwise < 0) throw errorAt(span, '`if` needs an `else`', 'write a if condition else b');
    const condition = this.#or(rest.slice(0, otherwise), span);
    const yes = this.#or(nodes.slice(0, word), span);
    return choice(condition, yes, this.#expression(rest.slice(otherwise + 1), spanAt(rest, otherwise)));
  }

  /** `c ? a : b` */
  #markChoice(nodes: readonly Node[], mark: number): Chunks {
    const span = spanAt(nodes, mark);
    let open = 0;
    const colon = nodes.findIndex((node, i) => {
      if (i > mark && isSymbol(node, '?')) open += 1;
      return i > mark && isSymbol(node, ':') && open-- === 0;
    });
    if (colon < 0)
      throw errorAt(span, '`?` needs a `:`', 'write condition ? a : b; `name?` without a blank is optional');
    const condition = this.#or(nodes.slice(0, mark), span);
    const yes = this.#expression(nodes.slice(mark + 1, colon), span);
    return choice(condition, yes, this.#expression(nodes.slice(colon + 1), spanAt(nodes, colon)));
  }

  #or(nodes: readonly Node[], at: Span): Chunks {
    return this.#chain(nodes, at, ['or', '||'], (part, rest) =>
      rest === undefined
        ? [made('(('), ...part, made(') || false)')]
        : [made('(('), ...part, made(') ? true : '), ...rest, made(')')],
    );
  }

  #and(nodes: readonly Node[], at: Span): Chunks {
    return this.#chain(nodes, at, ['and', '&&'], (part, rest) =>
      rest === undefined
        ? [made('(('), ...part, made(') && true)')]
        : [made('(('), ...part, made(') ? '), ...rest, made(' : false)')],
    );
  }

  #chain(
    nodes: readonly Node[],
    at: Span,
    words: readonly string[],
    join: (part: Chunks, rest: Chunks | undefined) => Chunks,
  ): Chunks {
    const parts = split(nodes, ...words);
    const separators = nodes.filter((node) => isSymbol(node, ...words));
    const next = (part: readonly Node[], i: number) => {
      const beside = separators[i] ?? separators[i - 1] ?? at;
      return words.includes('or') ? this.#and(part, beside) : this.#not(part, beside);
    };
    const [first = [], ...others] = parts.map(next);
    if (others.length === 0) return first;
    return (
      [first, ...others].reduceRight<Chunks | undefined>((rest, part) => join(part, rest), undefined) ?? first
    );
  }

  #not(nodes: readonly Node[], at: Span): Chunks {
    const [first] = nodes;
    if (first === undefined || !isSymbol(first, 'not')) return this.#comparison(nodes, at);
    return [made('(!(', first), ...this.#not(nodes.slice(1), first), made('))')];
  }

  #comparison(nodes: readonly Node[], at: Span): Chunks {
    const found = nodes.flatMap((node, i) => (isSymbol(node, ...COMPARISONS) ? [i] : []));
    const [place, second] = found;
    if (place === undefined) return this.#arithmetic(nodes, at);
    const operator = nodes[place] as Token & { kind: 'symbol' };
    if (second !== undefined)
      throw errorAt(
        nodes[second] ?? operator,
        'comparisons cannot be chained',
        'write `a < b and b < c`, or brackets',
      );
    const isNegated = isSymbol(nodes[place - 1], 'not');
    const left = this.#arithmetic(nodes.slice(0, isNegated ? place - 1 : place), operator);
    const right = this.#arithmetic(nodes.slice(place + 1), operator);
    const compared = [made('(('), ...left, made(`) ${operator.text} (`, operator), ...right, made('))')];
    return isNegated ? [made('(!'), ...compared, made(')')] : compared;
  }

  #arithmetic(nodes: readonly Node[], at: Span): Chunks {
    const chunks: Chunk[] = [];
    let needsValue = true;
    for (let i = 0; i < nodes.length; ) {
      const node = nodes[i] as Node;
      if (needsValue && isSymbol(node, '-', '!')) {
        chunks.push(sign(node));
        i += 1;
      } else if (needsValue) {
        const value = this.#value(nodes, i);
        chunks.push(...value.chunks);
        i = value.next;
        needsValue = false;
      } else if (isSymbol(node, ...ARITHMETIC)) {
        chunks.push(sign(node));
        i += 1;
        needsValue = true;
      } else throw unexpected(node, nodes[i - 1]);
    }
    if (needsValue) throw errorAt(nodes.at(-1) ?? at, 'a value is missing here');
    return chunks;
  }

  /** A value with what follows it closely: indexes, keys, methods. */
  #value(nodes: readonly Node[], first: number): { readonly chunks: Chunks; readonly next: number } {
    const head = nodes[first] as Node;
    let chunks: Chunks;
    let next = first + 1;
    if (head.kind === 'function') chunks = this.#call(head, head.name, [], nodes[next++] as Group);
    else chunks = this.#primary(head, nodes[first - 1]);
    for (let node = nodes[next]; node !== undefined; node = nodes[next]) {
      const following = nodes[next + 1];
      if (node.kind === 'member' && following?.kind === 'group' && following.open === '(') {
        chunks = this.#call(node, String(node.step.key), [chunks], following);
        next += 2;
      } else if (node.kind === 'member' || (node.kind === 'group' && node.open === '[')) {
        chunks = this.#element(chunks, node);
        next += 1;
      } else break;
    }
    return { chunks, next };
  }

  #primary(node: Node, before: Node | undefined): Chunks {
    if (node.kind === 'operand') return this.#bound(node.operand);
    if (node.kind !== 'group') throw unexpected(node, before);
    if (node.open === '{')
      throw errorAt(node, 'a map can only be an argument of a filter', 'take it from a parameter');
    const inner = { start: node.start, end: node.end };
    if (node.open === '[') return this.#list(node);
    if (node.nodes.some((each) => isSymbol(each, '|')))
      return this.#bound({ kind: 'pipe', pipe: pipeOfNodes(node.nodes, inner), ...inner });
    return [made('('), ...this.#expression(node.nodes, inner), made(')')];
  }

  #bound(operand: Operand): Chunks {
    if (this.#operands.push(operand) > EXPRESSION_OPERANDS)
      throw errorAt(operand, `more than ${EXPRESSION_OPERANDS} values in one expression`);
    return [{ text: `v${this.#operands.length - 1}`, span: operand }];
  }

  #list(group: Group): Chunks {
    const list = constantList(group);
    if (list !== undefined)
      return this.#bound({ kind: 'literal', value: list.value, start: group.start, end: group.end });
    return [made('['), ...this.#separated(split(group.nodes, ','), group), made(']')];
  }

  #separated(parts: readonly (readonly Node[])[], at: Span): Chunks {
    return parts.flatMap((part, i) => [...(i === 0 ? [] : [made(', ')]), ...this.#expression(part, at)]);
  }

  #element(container: Chunks, node: Node): Chunks {
    if (node.kind === 'member') {
      const { key, start, end, optional } = node.step;
      return inBrackets(
        'elementOf',
        container,
        this.#bound({ kind: 'literal', value: key, start, end }),
        optional,
        node,
      );
    }
    const nodes = node.kind === 'group' ? node.nodes : [];
    return inBrackets('elementOf', container, this.#expression(nodes, node), false, node);
  }

  #call(head: Span, name: string, receiver: readonly Chunks[], group: Group): Chunks {
    const known = FUNCTIONS.get(name);
    if (known === undefined)
      throw errorAt(
        head,
        `unknown function \`${name}\`; known: ${listed([...FUNCTIONS.keys()])}`,
        didYouMean(name, [...FUNCTIONS.keys()]) ?? 'filters stand after a |: value | filter',
      );
    const parts = group.nodes.length === 0 ? [] : split(group.nodes, ',');
    const given = [...receiver, ...parts.map((part) => this.#expression(part, group))];
    if (given.length !== known.arguments)
      throw errorAt(head, `\`${name}\` takes ${known.arguments} values, it was given ${given.length}`);
    const values = given.flatMap((value, i) => (i === 0 ? value : [made(', '), ...value]));
    return [made(`${known.cel}(`, head), ...values, made(')', { start: group.end - 1, end: group.end })];
  }
}

function made(text: string, span?: Span): Chunk {
  return { text, span };
}

function sign(node: Node): Chunk {
  const text = node.kind === 'symbol' ? node.text : '';
  return { text: text === '!' ? text : ` ${text} `, span: node };
}

function inBrackets(name: string, value: Chunks, key: Chunks, optional: boolean, span: Span): Chunks {
  return [made(`${name}(`), ...value, made(', '), ...key, made(`, ${optional})`, span)];
}

/** `dyn`: the two sides may be of different types. */
function choice(condition: Chunks, yes: Chunks, no: Chunks): Chunks {
  return [made('(('), ...condition, made(') ? dyn('), ...yes, made(') : dyn('), ...no, made('))')];
}

function compiled(cel: string, span: Span): CelProgram {
  try {
    return celProgram(cel);
  } catch (error) {
    throw errorAt(span, celFault(error)?.message ?? String(error), undefined, error);
  }
}

function spanOf(nodes: readonly Node[], span: Span): Span {
  return { start: nodes[0]?.start ?? span.start, end: nodes.at(-1)?.end ?? span.end };
}

function spanAt(nodes: readonly Node[], index: number): Span {
  const { start, end } = nodes[index] ?? { start: 0, end: 0 };
  return { start, end };
}

function unexpected(node: Node, before: Node | undefined): Error {
  if (isSymbol(node, '=')) return errorAt(node, '`=` cannot stand here', 'write == to compare');
  if (isSymbol(node, 'not')) return errorAt(node, '`not` cannot stand here', 'put `not ...` in brackets');
  if (isSymbol(node, 'else')) return errorAt(node, '`else` needs an `if` before it');
  if (node.kind === 'symbol') return errorAt(node, `\`${node.text}\` cannot stand here`);
  const isOptional =
    before?.kind === 'operand' && before.operand.kind === 'name' && before.operand.steps.at(-1)?.optional;
  return errorAt(
    node,
    'an operator is missing before this',
    isOptional ? 'write a blank before ? where it chooses: `a ? b : c`' : 'texts stand in quotes',
  );
}
