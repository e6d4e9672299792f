/**
 * Equal resource mappings share one frozen object. Callers write `{ cpu: 1 }` anew for every task; what is
 * equal to one of the last few is recognised by comparing, which is cheaper than a key, and admission then
 * knows its vector by identity.
 */
type Mapping = Readonly<Record<string, unknown>>;

/** How many different mappings are remembered. */
const REMEMBERED = 8;

const recent: Mapping[] = [];
let oldest = 0;

/** A frozen mapping equal to the given one as it is now. */
export function shareMapping(given: Mapping): Mapping {
  for (const known of recent) if (isEqual(known, given)) return known;
  const fresh = Object.freeze({ ...given });
  recent[oldest] = fresh;
  oldest = (oldest + 1) % REMEMBERED;
  return fresh;
}

function isEqual(a: Mapping, b: Mapping): boolean {
  if (a === b) return true;
  let labels = 0;
  for (const label in b) {
    if (!Object.is(a[label], b[label]) || !(label in a)) return false;
    labels += 1;
  }
  for (const _ in a) labels -= 1;
  return labels === 0;
}
