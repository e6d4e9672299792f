/** The published test kit, name by name. */
export { VirtualClock } from './virtual-clock.ts';
