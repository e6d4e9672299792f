/** The moves of an exploration as a reader of the file wants them: what ended how, and what was chosen. */

/** What the scheduler does by itself. */
const BY_ITSELF = /^(?:turn|enter .*)$| (?:goes on|suspends|is woken|returns|leaves|is seen)$/;
const START = / starts$/;

export function inWords(steps: readonly string[]): readonly string[] {
  return steps.filter((step, at) => {
    if (BY_ITSELF.test(step)) return false;
    if (!START.test(step)) return true;
    // Its end says that it had started.
    const task = step.replace(START, '');
    return !steps.slice(at + 1).some((later) => later !== step && later.startsWith(`${task} `));
  });
}
