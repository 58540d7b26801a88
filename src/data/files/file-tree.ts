import type { Readable } from 'node:stream';
import type { Problem } from '../../errors.js';

/** The files of a dataset. Readers treat a folder and a zip archive alike; a single file is a tree of that one file. */
export interface FileTree {
  /** The folder, archive or file, as the user gave it. */
  readonly path: string;
  readonly kind: 'folder' | 'zip' | 'file';
  /** Paths with `/`, in code-unit order, without the folders that all of them have in common. */
  readonly files: readonly string[];
  /** Folders, empty ones included, with `/` between names; of an archive only those that it lists or has files in. */
  readonly folders: readonly string[];
  /** Entries that are left out, such as links. */
  readonly problems: readonly Problem[];
  /** @throws {NucleateError} Exit code 3 if the file is damaged, too large or gone. */
  read(file: string): Promise<Buffer>;
  /** The same piece by piece, of a file of any size; errors of the system are events of the stream. */
  stream(file: string): Readable;
  /** The file as messages name it. */
  place(file: string): string;
  close(): Promise<void>;
}

/** The files that a folder or an archive lists, with their full paths within it. */
export interface FileListing extends Omit<FileTree, 'path' | 'kind'> {
  readonly files: readonly string[];
}
