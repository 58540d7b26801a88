import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { stringify } from 'yaml';
import yazl from 'yazl';
import { readPlainFile } from '../../plain-file.js';

/** Files by their names within a zip. */
export type ZipContents = Readonly<Record<string, Buffer>>;

/** The same for the same files: entries have no time of their own. */
export async function zipOf(files: ZipContents): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, bytes] of Object.entries(files))
    zip.addBuffer(bytes, name, { mtime: new Date(1980, 0, 1), mode: 0o100644 });
  zip.end();
  return buffer(zip.outputStream);
}

/** All files of a folder and those below, by their paths within it. */
export async function filesOf(folder: string): Promise<ZipContents> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents: Record<string, Buffer> = {};
  for (const { parentPath, name } of files) {
    const file = path.join(parentPath, name);
    contents[path.relative(folder, file)] = await readPlainFile(file);
  }
  return contents;
}

/** A file of the package, as its description names it. */
export const described = (name: string, files: ZipContents) => ({
  source: name,
  sha256: createHash('sha256').update(files[name]!).digest('hex'),
});

/**
 * A package of the BioImage Model Zoo: its files, and `rdf.yaml` that describes them.
 *
 * @param description As in https://bioimage.io/docs, model 0.5.
 */
export const packageZip = (files: ZipContents, description: object): Promise<Buffer> =>
  zipOf({ 'rdf.yaml': Buffer.from(stringify(description)), ...files });
