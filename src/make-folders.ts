import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and those above it, where they are missing. Node's own `mkdir` with `recursive` never returns below
 * `/proc`, where folders cannot be made although their parent exists.
 *
 * @throws {Error} Of the operating system, for example EACCES, or ENOTDIR for a file of that name.
 */
export function makeFolders(folder: string): void {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !existsSync(at); at = path.dirname(at)) missing.unshift(at);
  for (const one of missing) {
    try {
      mkdirSync(one);
    } catch (error) {
      // Another process may have made it just now.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  if (statSync(folder).isDirectory()) return;
  const error: NodeJS.ErrnoException = new Error(`ENOTDIR: not a directory, mkdir '${folder}'`);
  throw Object.assign(error, { code: 'ENOTDIR', syscall: 'mkdir', path: folder });
}
