/** The random port: uniform in [0, 1). Injected, so that a seed repeats a run. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
