import { existsSync } from 'node:fs';
import path from 'node:path';

/** The folder of nucleate's package.json; this code may be src itself, or what setup/compile.js has made of it. */
export const packageRoot = rootAbove(import.meta.dirname);

function rootAbove(folder: string): string {
  const parent = path.dirname(folder);
  return existsSync(path.join(parent, 'package.json')) ? parent : rootAbove(parent);
}
