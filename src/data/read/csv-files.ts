import { NucleateError } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { fileError } from '../files/read-bytes.js';

/** The CSV files whose first line is the header of a certain table; a dataset may hold others. */
export async function findCsv(
  tree: FileTree,
  files: readonly string[],
  isHeader: (line: string) => boolean,
): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    if (!/\.csv$/iu.test(file)) continue;
    if (isHeader(await firstLineOf(tree, file))) found.push(file);
  }
  return found;
}

/** A header has no more bytes than this. */
const headerBytes = 1000;

async function firstLineOf(tree: FileTree, file: string): Promise<string> {
  const stream = tree.stream(file);
  try {
    const { value } = (await stream[Symbol.asyncIterator]().next()) as { value: Buffer | undefined };
    const [line = ''] = (value ?? Buffer.alloc(0)).toString('utf8', 0, headerBytes).split(/\r\n?|\n/u);
    return line;
  } catch (cause) {
    if (cause instanceof NucleateError) throw cause;
    throw fileError(tree.place(file), `The file cannot be read: ${(cause as Error).message}.`, cause);
  } finally {
    stream.destroy();
  }
}
