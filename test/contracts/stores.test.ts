/** Every store keeps the promises of the port. The cases are src/testing/store-contract.ts. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { memoryStore } from '../../src/stores/memory.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { type StoreSubject, storeContract } from '../../src/testing/store-contract.ts';

const subjects: Readonly<Record<string, StoreSubject>> = {
  memory: { canShare: false, create: () => ({ store: memoryStore() }) },
  sqlite: {
    canShare: true,
    create: () => {
      const folder = mkdtempSync(join(tmpdir(), 'signalbox-store-'));
      const path = join(folder, 'runs.db');
      return {
        store: sqliteStore(path),
        again: () => sqliteStore(path),
        dispose: () => rmSync(folder, { recursive: true }),
      };
    },
  },
};

describe.each(Object.entries(subjects))('the %s store', (_name, subject) => {
  for (const { name, skip, run } of storeContract) {
    const reason = skip?.(subject);
    it(name, async (test) => {
      if (reason !== undefined) test.skip(reason);
      await run(subject);
    });
  }
});
