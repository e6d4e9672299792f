// @ts-check
import { variant } from './signalbox.mjs';

export const runner = variant({ results: true });
