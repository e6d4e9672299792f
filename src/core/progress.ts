/** What a body may say of its progress. */
import { invalidArgument } from './errors.ts';

/** @throws INVALID_ARGUMENT unless there is a percentage from 0 to 100, a message, or both */
export function checkProgress(percent: unknown, message: unknown): void {
  if (percent === undefined && message === undefined)
    throw invalidArgument('percent and message', undefined, 'at least one of them');
  const isShare = typeof percent === 'number' && percent >= 0 && percent <= 100;
  if (percent !== undefined && !isShare) throw invalidArgument('percent', percent, 'a number from 0 to 100');
  if (message !== undefined && typeof message !== 'string')
    throw invalidArgument('message', message, 'a string');
}
