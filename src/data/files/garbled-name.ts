import { lstatSync } from 'node:fs';

/** A command that makes the names in a folder UTF-8. */
export const renamingExample = 'convmv -f latin1 -t utf-8 --notest -r FOLDER';

/**
 * Whether a listed path is not that of a file, since a name in it is not UTF-8: Node puts U+FFFD in place of such bytes, and no
 * file has that name. A file whose name really has this character exists.
 */
export const isGarbled = (path: string): boolean =>
  path.includes('\ufffd') && lstatSync(path, { throwIfNoEntry: false }) === undefined;
