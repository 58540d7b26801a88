/** The file of a log: lines are appended, flushed to the disk, and never changed. */
import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { damagedLog } from '../../data/read/annotations-folder.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { makeFolders } from '../../make-folders.js';
import { openForAppendSync, readPlainFileSync } from '../../plain-file.js';
import { writeError } from '../../run/durable-files.js';
import type { AnnotationEvent } from '../protocol/event.js';
import { readLog } from '../protocol/log.js';

/**
 * Reads the log in a file.
 *
 * @returns Without events if there is no such file. `torn`: bytes of a last line that was not written to its end.
 * @throws {NucleateError} Exit code 3 for a damaged log, 8 if it cannot be read.
 */
export function readLogFile(file: string): {
  readonly events: readonly AnnotationEvent[];
  readonly length: number;
  readonly torn: number;
} {
  let bytes: Buffer;
  try {
    bytes = readPlainFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { events: [], length: 0, torn: 0 };
    throw new NucleateError(
      {
        what: `The log cannot be read: ${(error as Error).message}.`,
        where: file,
        hint: 'Check its permissions.',
        exitCode: exitCodes.io,
      },
      { cause: error },
    );
  }
  try {
    const { events, length } = readLog(bytes);
    return { events, length, torn: bytes.length - length };
  } catch (error) {
    throw damagedLog(file, error);
  }
}

/** Appends to a log. Everything is done before a function returns, so that nothing can come between. */
export class LogWriter {
  readonly #file: string;
  /** Bytes of whole lines. */
  #length: number;
  /** Whether there may be more bytes than these. */
  #isTorn: boolean;
  #descriptor: number | undefined;

  /** @param length Bytes of the whole lines; what follows them is cut off before the first line is written. */
  constructor(file: string, { length, torn }: { readonly length: number; readonly torn: number }) {
    this.#file = file;
    this.#length = length;
    this.#isTorn = torn > 0;
  }

  /**
   * Appends a line, and waits until it is on the disk. The file and its folders are made for the first.
   *
   * @throws {NucleateError} Exit code 8 if the disk is full or read-only; then nothing is kept of the line.
   */
  append(event: AnnotationEvent): void {
    try {
      const descriptor = (this.#descriptor ??= this.#open());
      if (this.#isTorn) this.#cut(descriptor);
      const line = Buffer.from(`${JSON.stringify(event)}\n`);
      this.#isTorn = true;
      for (let done = 0; done < line.length;) done += writeSync(descriptor, line, done);
      fdatasyncSync(descriptor);
      this.#length += line.length;
      this.#isTorn = false;
    } catch (error) {
      try {
        if (this.#descriptor !== undefined && this.#isTorn) this.#cut(this.#descriptor);
      } catch {
        // The next line is not written before this one is gone.
      }
      throw writeError(error, this.#file);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    const folder = path.dirname(this.#file);
    makeFolders(folder);
    const descriptor = openForAppendSync(this.#file);
    // The name of a new file has to survive, too.
    const folderDescriptor = openSync(folder, 'r');
    try {
      fsyncSync(folderDescriptor);
    } finally {
      closeSync(folderDescriptor);
    }
    return descriptor;
  }

  #cut(descriptor: number): void {
    ftruncateSync(descriptor, this.#length);
    fdatasyncSync(descriptor);
    this.#isTorn = false;
  }
}
