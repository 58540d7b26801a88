import { existsSync } from 'node:fs';
import path from 'node:path';

/** The folder of nucleate's package.json, both from src and from the files that setup/compile.js makes. */
export const packageRoot = rootAbove(import.meta.dirname);

function rootAbove(folder: string): string {
  const parent = path.dirname(folder);
  return existsSync(path.join(parent, 'package.json')) ? parent : rootAbove(parent);
}
