/** The fields of a schedule as authors may write them: five, or six with the year. */

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names: readonly string[];
  readonly mayAsk: boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59, names: [], mayAsk: false },
  { name: 'hour', from: 0, to: 23, names: [], mayAsk: false },
  { name: 'day of the month', from: 1, to: 31, names: [], mayAsk: true },
  { name: 'month', from: 1, to: 12, names: MONTHS, mayAsk: false },
  { name: 'day of the week', from: 0, to: 7, names: DAYS, mayAsk: true },
  { name: 'year', from: 1990, to: 2100, names: [], mayAsk: false },
];

/** What Sunday is in `sat-sun`. */
const SUNDAY_AT_THE_END = 7;
/** Longest schedule that is looked at. */
const MAX_CHARACTERS = 1_000;
const ITEM = /^(\*|\?|[a-z]{3}|\d{1,4})(?:-([a-z]{3}|\d{1,4}))?(?:\/(\d{1,4}))?$/;

/** What is wrong, naming the field; undefined for nothing. */
export function checkFields(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS) return `a schedule has up to ${MAX_CHARACTERS} characters`;
  if (text.trim().startsWith('@'))
    return `${text.trim()} is not known; write five fields, as 0 0 * * * for daily`;
  const fields = fieldsOf(text);
  if (fields.length !== 5 && fields.length !== 6)
    return `a schedule has five fields (minute hour day month weekday), or six with the year; this one has ${fields.length}`;
  for (const [i, given] of fields.entries()) {
    const field = FIELDS[i];
    const fault = field === undefined ? undefined : fieldFault(given, field);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Seven fields for croner: seconds first, the year last, `?` as `*`. */
export function cronerPattern(text: string): string {
  const fields = fieldsOf(text);
  const year = fields.length === 6 ? [] : ['*'];
  return ['0', ...fields.map((field) => field.replaceAll('?', '*')), ...year].join(' ');
}

/** Whether it is meant for every hour, so that no hour of the day is named. */
export function isHourly(text: string): boolean {
  return fieldsOf(text)[1] === '*';
}

function fieldsOf(text: string): readonly string[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : trimmed.split(/\s+/);
}

function fieldFault(given: string, field: Field): string | undefined {
  for (const item of given.split(',')) {
    const fault = itemFault(item, field);
    if (fault !== undefined) return `${field.name} ${JSON.stringify(given)}: ${fault}`;
  }
  return undefined;
}

function itemFault(item: string, field: Field): string | undefined {
  const match = ITEM.exec(item.toLowerCase());
  if (match === null) return `allowed are *, numbers, ranges a-b, steps */n, lists a,b${namesOf(field)}`;
  const [, first = '', last, step] = match;
  const isAny = first === '*' || first === '?';
  if (first === '?' && !field.mayAsk) return '? stands only for a day';
  if (isAny && last !== undefined) return 'a range goes from a number to a number';
  if (first === '?' && step !== undefined) return '? has no steps';
  const range = isAny
    ? [field.from, field.to]
    : [
        numberOf(first, field),
        last === 'sun' && field.names === DAYS ? SUNDAY_AT_THE_END : numberOf(last ?? first, field),
      ];
  const [from = Number.NaN, to = Number.NaN] = range;
  if (Number.isNaN(from) || Number.isNaN(to) || from < field.from || to > field.to)
    return `allowed is ${field.from} to ${field.to}${namesOf(field)}`;
  if (from > to) return `the range ${item} goes backwards`;
  return step === undefined ? undefined : stepFault(Number(step), !isAny && last === undefined, from, to);
}

function stepFault(step: number, isSingle: boolean, from: number, to: number): string | undefined {
  if (step === 0) return 'a step of 0 never gets anywhere; allowed is 1 or more';
  if (isSingle) return `steps need a range; write ${from}-${to === from ? 'last' : to}/${step}, or */${step}`;
  return step > to - from + 1 ? `a step of ${step} is longer than the range` : undefined;
}

function numberOf(text: string, field: Field): number {
  const index = field.names.indexOf(text);
  if (index >= 0) return field.from + index;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function namesOf(field: Field): string {
  return field.names.length === 0 ? '' : ` and names (${field.names.join(' ')})`;
}
