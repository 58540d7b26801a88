import type { Problem } from '../../errors.js';

/** The files of a folder or of a zip archive, which nothing after this tells apart. */
export interface FileTree {
  /** The folder or archive, as the user gave it. */
  readonly path: string;
  readonly kind: 'folder' | 'zip';
  /** Paths with `/`, in code-unit order, without the folders that all of them have in common. */
  readonly files: readonly string[];
  /** Entries that are left out, such as links. */
  readonly problems: readonly Problem[];
  /** @throws {NucleateError} Exit code 3 if the file is damaged, too large or gone. */
  read(file: string): Promise<Buffer>;
  /** The file as messages name it. */
  place(file: string): string;
  close(): Promise<void>;
}

/** What a folder or an archive lists; the paths are whole. */
export interface FileListing extends Omit<FileTree, 'path' | 'kind'> {
  readonly files: readonly string[];
}
