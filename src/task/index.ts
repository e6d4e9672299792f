/** Tasks as objects: what the runtime and the authoring styles import of them. */
export type { AttemptFacts, TaskBinding } from './binding.ts';
