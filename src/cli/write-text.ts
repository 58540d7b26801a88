import { writeFile } from 'node:fs/promises';
import { requireWritable } from '../plain-file.js';
import { exitCodes, NucleateError } from '../errors.js';

/**
 * Writes a text file; an existing file is replaced.
 *
 * @param name What it is, for the error message: `page`.
 * @throws {NucleateError} Exit code 8 if the file cannot be written.
 */
export async function writeText(path: string, text: string, name: string): Promise<void> {
  const write = async () => {
    requireWritable(path);
    await writeFile(path, text);
  };
  await write().catch((cause: Error) => {
    const what = `The ${name} cannot be written: ${cause.message}.`;
    const hint = 'Check that the folder exists, is writable and has space left.';
    throw new NucleateError({ what, where: path, hint, exitCode: exitCodes.io }, { cause });
  });
}
