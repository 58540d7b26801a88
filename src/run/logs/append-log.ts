import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { isSystemError, writeError } from '../durable-files.js';

export interface AppendLogOptions {
  /** Where a resumed run goes on: what stands beyond is cut off. Without it everything is kept. */
  readonly keepBytes?: number;
  /** Told, in a sentence, when the log cannot be written; once until it can again. */
  readonly onTrouble: (sentence: string) => void;
}

/**
 * A file that grows record by record. A record is there whole or not at all, and before `append` returns: what a
 * process has logged survives its death. A log that cannot be written is a warning, no reason to stop training.
 */
export class AppendLog {
  readonly #file: string;
  readonly #descriptor: number;
  readonly #onTrouble: (sentence: string) => void;
  #bytes: number;
  #inTrouble = false;

  /** @throws {NucleateError} Exit code 8 if the file cannot be opened for writing, or is a link. */
  constructor(file: string, { keepBytes, onTrouble }: AppendLogOptions) {
    this.#file = file;
    this.#onTrouble = onTrouble;
    try {
      this.#descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o666);
      const { size } = fstatSync(this.#descriptor);
      this.#bytes = Math.min(size, keepBytes ?? size);
      if (size > this.#bytes) ftruncateSync(this.#descriptor, this.#bytes);
    } catch (error) {
      throw writeError(error, file);
    }
    if (keepBytes !== undefined && this.#bytes < keepBytes)
      onTrouble(`${path.basename(file)} has lost ${keepBytes - this.#bytes} bytes of the earlier training.`);
  }

  /** Bytes of whole records: the `keepBytes` of a run that resumes here. */
  get bytes(): number {
    return this.#bytes;
  }

  append(record: string | Uint8Array): void {
    const data = typeof record === 'string' ? Buffer.from(record) : record;
    try {
      for (let done = 0; done < data.length;)
        done += writeSync(this.#descriptor, data, done, data.length - done, this.#bytes + done);
      this.#bytes += data.length;
      this.#inTrouble = false;
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Waits until the disk has all records; to be called before a checkpoint names `bytes`. */
  sync(): void {
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #giveUp(error: unknown): void {
    if (!isSystemError(error)) throw error;
    try {
      // A full disk may have taken half of the record.
      ftruncateSync(this.#descriptor, this.#bytes);
    } catch {
      // The next record begins at the same place anyway.
    }
    if (this.#inTrouble) return;
    this.#inTrouble = true;
    this.#onTrouble(`${path.basename(this.#file)} cannot be written: ${error.message}.`);
  }
}
