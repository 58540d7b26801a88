/** Edits that the server has not acknowledged, kept in the browser, so that they survive a reload and a crash. */
import type { Pending } from './rebase.js';

/** An edit as it is kept. */
export interface Unsaved extends Pending {
  /** Of its event. */
  readonly uuid: string;
  /** Which image of which annotator: see {@link imageKey}. */
  readonly image: string;
  /** ms since 1970: edits are done again in this order. */
  readonly made: number;
  readonly ms: number;
  readonly clicks: number;
}

const store = 'edits';

/** @param sha256 Of the image file. */
export const imageKey = (annotator: string, sha256: string): string => `${annotator}/${sha256}`;

/** The edits of all tabs, in IndexedDB. */
export class UnsavedEdits {
  private constructor(readonly database: IDBDatabase) {}

  /** @throws Where the browser keeps nothing, as in some private windows. */
  static async open(): Promise<UnsavedEdits> {
    const request = indexedDB.open('nucleate-annotate', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(store, { keyPath: 'uuid' }).createIndex('image', 'image');
    };
    return new UnsavedEdits(await answerOf(request));
  }

  async keep(edit: Unsaved): Promise<void> {
    const transaction = this.database.transaction(store, 'readwrite', { durability: 'relaxed' });
    await answerOf(transaction.objectStore(store).put(edit));
  }

  async forget(uuid: string): Promise<void> {
    const transaction = this.database.transaction(store, 'readwrite', { durability: 'relaxed' });
    await answerOf(transaction.objectStore(store).delete(uuid));
  }

  /** Of an image, in the order in which they were made. */
  async of(image: string): Promise<Unsaved[]> {
    const transaction = this.database.transaction(store, 'readonly');
    const found = await answerOf(
      transaction.objectStore(store).index('image').getAll(image) as IDBRequest<Unsaved[]>,
    );
    return found.sort((one, other) => one.made - other.made);
  }
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('The browser cannot keep edits.'));
  });
}
