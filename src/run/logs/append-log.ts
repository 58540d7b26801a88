import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { NotPlainFile } from '../../plain-file.js';
import { isSystemError, writeError } from '../durable-files.js';

export interface AppendLogOptions {
  /** Size at which a resumed run continues; anything beyond is cut off. Without it everything is kept. */
  readonly keepBytes?: number;
  /** Called with a sentence when the log cannot be written; once until it can be written again. */
  readonly onTrouble: (sentence: string) => void;
}

/**
 * A file that grows record by record. A record is written completely or not at all, before `append` returns: it survives
 * the death of the process. A log that cannot be written is a warning, not a reason to stop training.
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
      const found = fstatSync(this.#descriptor);
      // Nobody reads it, so that it would take records until it is full, and then wait.
      if (found.isFIFO()) throw new NotPlainFile('ENOTFILE', 'it is a named pipe, not a file', file);
      const { size } = found;
      this.#bytes = Math.min(size, keepBytes ?? size);
      if (size > this.#bytes) ftruncateSync(this.#descriptor, this.#bytes);
    } catch (error) {
      throw writeError(error, file);
    }
    if (keepBytes !== undefined && this.#bytes < keepBytes)
      onTrouble(
        `${keepBytes - this.#bytes} bytes of the earlier training are missing from ${path.basename(file)}.`,
      );
  }

  /** Bytes of all records: the `keepBytes` of a run that resumes here. */
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

  /** Waits until all records are on the disk; call it before a checkpoint saves `bytes`. */
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
      // On a full disk, half of the record may have been written.
      ftruncateSync(this.#descriptor, this.#bytes);
    } catch {
      // The next record is written at the same place anyway.
    }
    if (this.#inTrouble) return;
    this.#inTrouble = true;
    this.#onTrouble(`${path.basename(this.#file)} cannot be written: ${error.message}.`);
  }
}
