import { stat } from 'node:fs/promises';
import { openPlainFile } from '../../plain-file.js';
import { fileError, readBytes } from './read-bytes.js';

/** The bytes of a file, in memory or on disk. */
export interface FileBytes {
  readonly size: number;
  /** Where it is on disk; undefined in memory. */
  readonly path: string | undefined;
  /** Bytes with memory of their own, fewer at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * All bytes; those in memory are not copied.
   *
   * @throws {NucleateError} Exit code 3 for a file on disk with more than `maxBytes`, or one that cannot be read.
   */
  all(maxBytes?: number): Promise<Buffer>;
  close(): Promise<void>;
}

export const bytesInMemory = (bytes: Buffer): FileBytes => ({
  size: bytes.length,
  path: undefined,
  read: (offset, length) => Promise.resolve(new Uint8Array(bytes.subarray(offset, offset + length))),
  all: () => Promise.resolve(bytes),
  close: () => Promise.resolve(),
});

/** Reads that are smaller than this cost more than the bytes. */
const readAtOnce = 16e6;

/**
 * Opens a file; a small one is read at once.
 *
 * @returns The caller closes it.
 * @throws {NucleateError} Exit code 3 if it is not a regular file or cannot be read.
 */
export async function openBytes(path: string): Promise<FileBytes> {
  const failed = (cause: Error) => fileError(path, `The file cannot be read: ${cause.message}.`, cause);
  const info = await stat(path).catch((cause: Error) => {
    throw failed(cause);
  });
  if (!info.isFile() || info.size <= readAtOnce) return bytesInMemory(await readBytes(path));
  const handle = await openPlainFile(path).catch((cause: Error) => {
    throw failed(cause);
  });
  return {
    size: info.size,
    path,
    async read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, info.size - offset)));
      for (let done = 0; done < bytes.length;) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, offset + done);
        if (bytesRead === 0) return bytes.slice(0, done);
        done += bytesRead;
      }
      return bytes;
    },
    all: (maxBytes) => readBytes(path, maxBytes),
    close: () => handle.close(),
  };
}
