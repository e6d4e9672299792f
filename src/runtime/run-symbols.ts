/** The names by which the runtime finds what a pipeline object has for it: see RunnablePipeline. */

export const AS_PIPELINE: unique symbol = Symbol('signalbox.as-pipeline');
export const ENTER: unique symbol = Symbol('signalbox.enter');
export const CLAIM: unique symbol = Symbol('signalbox.claim');
export const NAME: unique symbol = Symbol('signalbox.name');
export const DEFINITION: unique symbol = Symbol('signalbox.definition');
export const CHILDREN: unique symbol = Symbol('signalbox.children');
export const SUBMITTED: unique symbol = Symbol('signalbox.submitted');
export const DECLARES_STAGES: unique symbol = Symbol('signalbox.declares-stages');
export const RESULT_OF_FAILURE: unique symbol = Symbol('signalbox.result-of-failure');
