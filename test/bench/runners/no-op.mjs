// @ts-check
/** A task for threads. */
export function noOp() {}
