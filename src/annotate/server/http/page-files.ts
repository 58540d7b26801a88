/** The files of the page, read once: what is not among them cannot be asked for. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, NucleateError } from '../../../errors.js';
import { readPlainFile } from '../../../plain-file.js';
import type { HttpAnswer } from './answer.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/**
 * @param folder With `index.html`, which is also `/`, and the files that it names.
 * @returns By their paths in addresses.
 * @throws {NucleateError} Exit code 9 if the page is not there.
 */
export async function readPageFiles(folder: string): Promise<ReadonlyMap<string, HttpAnswer>> {
  const files = new Map<string, HttpAnswer>();
  try {
    for (const name of await readdir(folder)) {
      const type = types[path.extname(name)];
      if (type !== undefined)
        files.set(`/${name}`, { type, body: await readPlainFile(path.join(folder, name)) });
    }
  } catch (cause) {
    throw missing(folder, cause);
  }
  const index = files.get('/index.html');
  if (!index) throw missing(folder);
  return files.set('/', index);
}

const missing = (where: string, cause?: unknown) =>
  new NucleateError(
    {
      what: 'The annotation page is not there.',
      where,
      hint: 'Run `npm run setup`.',
      exitCode: exitCodes.environment,
    },
    { cause },
  );
