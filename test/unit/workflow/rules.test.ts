/** Every rule over every mixture of statuses, against the table written out. */
import { describe, expect, it } from 'vitest';
import type { TriggerRule } from '../../../src/workflow/model.ts';
import { type Judgement, judgeNeeds } from '../../../src/workflow/rules.ts';
import type { Status } from '../../../src/workflow/status.ts';

const STATUSES: readonly Status[] = ['SUCCESS', 'FAILED', 'SKIP', 'CANCEL', 'WAIT'];

/** S F K (skip) C W; the order of needs does not matter. */
const TABLE: Readonly<Record<string, Readonly<Record<TriggerRule, Judgement>>>> = Object.fromEntries(
  `          all_success all_failed all_done one_success one_failed none_failed none_skipped
   -          run         run        run      run         run        run         run
   S          run         fail       run      run         fail       run         run
   F          fail        run        run      fail        run        fail        run
   K          skip        skip       skip     skip        skip       skip        skip
   C          cancel      cancel     run      cancel      cancel     cancel      cancel
   W          wait        wait       wait     wait        wait       wait        wait
   SS         run         fail       run      fail        fail       run         run
   SF         fail        fail       run      run         run        fail        run
   SK         fail        fail       run      run         fail       run         fail
   FF         fail        run        run      fail        fail       fail        run
   FK         fail        fail       run      fail        run        fail        fail
   KK         skip        skip       skip     skip        skip       skip        skip
   SFK        fail        fail       run      run         run        fail        fail
   SSF        fail        fail       run      fail        run        fail        run
   SSK        fail        fail       run      fail        fail       run         fail
   SFF        fail        fail       run      run         fail       fail        run
   FFK        fail        fail       run      fail        fail       fail        fail
   SKK        fail        fail       run      run         fail       run         fail
   FKK        fail        fail       run      fail        run        fail        fail
   SSS        run         fail       run      fail        fail       run         run
   FFF        fail        run        run      fail        fail       fail        run
   KKK        skip        skip       skip     skip        skip       skip        skip`
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([mixture, ...judgements], _, lines) => [
      mixture,
      Object.fromEntries((lines[0] ?? []).map((rule, i) => [rule, judgements[i]])),
    ]),
);

const RULES = Object.keys(TABLE['S'] ?? {}) as TriggerRule[];

function letters(statuses: readonly Status[]): string {
  const letter = { SUCCESS: 'S', FAILED: 'F', SKIP: 'K', CANCEL: 'C', WAIT: 'W' };
  return (
    statuses
      .map((status) => letter[status])
      .sort((a, b) => 'SFKCW'.indexOf(a) - 'SFKCW'.indexOf(b))
      .join('') || '-'
  );
}

function mixtures(length: number): readonly (readonly Status[])[] {
  if (length === 0) return [[]];
  return mixtures(length - 1).flatMap((rest) => STATUSES.map((status) => [...rest, status]));
}

describe('a trigger rule', () => {
  it('knows seven rules', () => {
    expect(RULES).toHaveLength(7);
  });

  it.each(RULES)('%s judges every mixture of up to three needs as the table says', (rule) => {
    for (const statuses of [0, 1, 2, 3].flatMap(mixtures)) {
      const key = letters(statuses);
      const judged = judgeNeeds(rule, statuses);
      if (key.includes('W')) expect(judged, key).toBe('wait');
      else if (key.includes('C')) expect(judged, key).toBe(rule === 'all_done' ? 'run' : 'cancel');
      else expect(judged, key).toBe(TABLE[key]?.[rule]);
    }
  });
});
