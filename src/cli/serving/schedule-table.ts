/** The workflows of a folder with their schedules and next times. */
import type { ServedWorkflow } from '../../workflow/serve/index.ts';
import type { Output } from '../output.ts';
import type { Span } from '../terminal/cells.ts';
import { clean } from '../terminal/safe-text.ts';
import { table } from '../terminal/table.ts';
import { dateTime } from '../terminal/times.ts';

const TIMES_SHOWN = 3;

const COLUMNS = [{ title: 'workflow' }, { title: 'file' }, { title: 'schedule' }, { title: 'next' }] as const;

export function scheduleTable(
  workflows: readonly ServedWorkflow[],
  { style, width }: Output,
): readonly string[] {
  const rows = workflows.map(({ name, file, schedules, upcoming }): readonly Span[] => {
    const next = upcoming(TIMES_SHOWN).map(minute).join(', ');
    return [
      [clean(name), style.bold],
      [clean(file), style.dim],
      [schedules.map(({ cron, timezone }) => `${clean(cron)} ${timezone}`).join('; ')],
      next === '' ? ['never again', style.warn] : [next, style.accent],
    ];
  });
  return table(COLUMNS, rows, { style, width });
}

/** `2026-11-21 02:00`, in the time zone of the reader. */
export const minute = (at: number): string => dateTime(at).slice(0, 'yyyy-mm-dd hh:mm'.length);

export function scheduleFacts({ name, file, schedules, upcoming }: ServedWorkflow) {
  return {
    name,
    file,
    schedules: schedules.map(({ cron, timezone }) => ({ cron, timezone })),
    next: upcoming(TIMES_SHOWN).map((at) => new Date(at).toISOString()),
  };
}
