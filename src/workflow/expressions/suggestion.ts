/** Which of the known names was probably meant. */
import { closest, distance } from 'fastest-levenshtein';

/** Names that are compared; a list of results can be long. */
const MOST_COMPARED = 1_000;
const LONGEST_NAME = 100;

/** The known name that is nearest, if it is near enough to be a slip of the keys. */
export function suggestion(name: string, known: readonly string[]): string | undefined {
  const compared = known.slice(0, MOST_COMPARED).filter((other) => other.length <= LONGEST_NAME);
  if (compared.length === 0 || name.length > LONGEST_NAME) return undefined;
  const inOtherCase = compared.find((other) => other.toLowerCase() === name.toLowerCase());
  if (inOtherCase !== undefined) return inOtherCase;
  const nearest = closest(name, compared);
  const allowed = name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return distance(name, nearest) <= allowed ? nearest : undefined;
}

export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const meant = suggestion(name, known);
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

/** Names for a message, the first of them if there are many. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => (name.length > 60 ? `${name.slice(0, 57)}...` : name));
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ');
}
