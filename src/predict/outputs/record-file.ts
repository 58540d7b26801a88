import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { parseRecordLine, type RecordLine } from '../../data/files/output-record.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { makeFolders } from '../../make-folders.js';

/** The record of outputs, open for lines to be appended and read back. */
export class RecordFile {
  readonly #place: string;
  readonly #handle: FileHandle;
  /** Whether the last line may be cut off: then the next one begins with a line break. */
  #isCut: boolean;

  private constructor(place: string, handle: FileHandle, isCut: boolean) {
    this.#place = place;
    this.#handle = handle;
    this.#isCut = isCut;
  }

  /**
   * Opens a record, or makes an empty one.
   *
   * @throws {NucleateError} Exit code 8 if it cannot be written.
   */
  static async open(place: string): Promise<RecordFile> {
    try {
      makeFolders(path.dirname(place));
      const handle = await open(place, 'a+');
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      return new RecordFile(place, handle, size > 0 && buffer[0] !== 10);
    } catch (cause) {
      throw notWritten(place, cause as Error);
    }
  }

  /**
   * Appends a line; it is on the disk when this returns. Lines of several processes do not mix, as each is one write.
   *
   * @throws {NucleateError} Exit code 8 if it cannot be written.
   */
  async append(line: RecordLine): Promise<void> {
    const bytes = Buffer.from(`${this.#isCut ? '\n' : ''}${JSON.stringify(line)}\n`);
    this.#isCut = true;
    try {
      await this.#handle.appendFile(bytes);
      await this.#handle.datasync();
    } catch (cause) {
      throw notWritten(this.#place, cause as Error);
    }
    this.#isCut = false;
  }

  /** The line at a place that `readRecord` gave. */
  async lineAt(at: number, length: number): Promise<RecordLine | undefined> {
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(length), 0, length, at);
    return parseRecordLine(buffer.toString('utf8', 0, bytesRead));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function notWritten(where: string, cause: Error): NucleateError {
  const what = `The record of the results cannot be written: ${cause.message}.`;
  const hint = 'Check that the folder is writable and has space left.';
  return new NucleateError({ what, where, hint, exitCode: exitCodes.io }, { cause });
}
