/** Tells `resource:changed`, once per turn for each label whose use or capacity differs from the last time. */
import type { Admission } from '../admission/index.ts';
import type { EventHub } from './event-hub.ts';
import type { TaskRow } from './rows.ts';

export class ResourceReporter {
  readonly #admission: Admission<TaskRow>;
  readonly #hub: EventHub;
  #told = new Map<string, string>();

  constructor(admission: Admission<TaskRow>, hub: EventHub) {
    this.#admission = admission;
    this.#hub = hub;
    this.#told = new Map(admission.usage().map((use) => [use.label, `${use.capacity} ${use.inUse}`]));
  }

  report(): void {
    const usage = this.#admission.usage();
    if (usage.length === 0 && this.#told.size === 0) return;
    const now = new Map<string, string>();
    for (const { label, capacity, inUse } of usage) {
      const text = `${capacity} ${inUse}`;
      now.set(label, text);
      if (this.#told.get(label) !== text)
        this.#hub.emit({ type: 'resource:changed', label, capacity, inUse });
    }
    for (const label of this.#told.keys()) {
      if (!now.has(label)) this.#hub.emit({ type: 'resource:changed', label, capacity: 0, inUse: 0 });
    }
    this.#told = now;
  }
}
