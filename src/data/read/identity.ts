import { createHash } from 'node:crypto';
import { mapConcurrently } from '../../map-concurrently.js';
import type { FileTree } from '../files/file-tree.js';
import { commonFolder } from '../files/open-files.js';

/** Files that are read at a time. */
const filesAtOnce = 8;

/**
 * The identity of a dataset: the SHA-256 of a list with one line per file, `<SHA-256 of its content>  <name>`, in
 * code-unit order of the names, in hexadecimal. The list is the output of `sha256sum` for the sorted files. The identity
 * is the same for a folder and for its zip archive.
 *
 * @param files The files that make up the dataset. Folders that all of them have in common do not matter.
 * @throws {NucleateError} Exit code 3 if a file cannot be read.
 */
export async function identityOf(tree: FileTree, files: readonly string[]): Promise<string> {
  const sorted = [...files].sort();
  const common = commonFolder(sorted).length;
  const hash = createHash('sha256');
  const lines = mapConcurrently(sorted, filesAtOnce, async (file) => {
    const digest = createHash('sha256')
      .update(await tree.read(file))
      .digest('hex');
    return `${digest}  ${file.slice(common)}\n`;
  });
  for await (const line of lines) hash.update(line);
  return hash.digest('hex');
}
