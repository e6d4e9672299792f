// @ts-check
/** A SQLite store that shows every batch that it was given and took. */
import { sqliteStore } from '../../dist/src/stores/sqlite/index.js';

/** @typedef {import('../../dist/src/stores/store.js').Batch} Batch */
/** @typedef {import('../../dist/src/stores/store.js').Store} Store */

/** @param {string} path @param {(batch: Batch) => void} onCommit @returns {Store} */
export function watchedStore(path, onCommit) {
  const store = sqliteStore(path);
  const open = store.open.bind(store);
  store.open = async (options) => {
    const session = await open(options);
    const commit = session.commit.bind(session);
    session.commit = (batch) => {
      const refused = commit(batch);
      onCommit(batch);
      return refused;
    };
    return session;
  };
  return store;
}
