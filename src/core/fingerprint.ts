/** Short digests that tell equal things from others; no secrets depend on them. */
import { createHash } from 'node:crypto';

/** 16 hex digits of SHA-256: enough to tell the tasks of one run apart. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
