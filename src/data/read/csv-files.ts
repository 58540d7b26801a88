import type { FileTree } from '../files/file-tree.js';

/** The CSV files whose first line is the header of a certain table; a dataset may hold others. */
export async function findCsv(
  tree: FileTree,
  files: readonly string[],
  isHeader: (line: string) => boolean,
): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    if (!/\.csv$/iu.test(file)) continue;
    const [firstLine = ''] = (await tree.read(file)).toString('utf8', 0, 1000).split(/\r?\n/u);
    if (isHeader(firstLine)) found.push(file);
  }
  return found;
}
