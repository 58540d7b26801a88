import path from 'node:path';
import type { Segmented } from './encode.js';
import { type OutputFormat, outputFormats } from './output-formats.js';
import { safeName } from './safe-name.js';
import { writeWhole } from './write-file.js';

/**
 * Writes one file for each format, `<folder>/<format>/<name>.<extension>`; existing files are replaced, each whole or
 * not at all.
 *
 * @param name Of the image, without its ending; {@link safeName} makes a file name of it. The files hold it as it is.
 * @returns The paths, in the order of the formats.
 * @throws {NucleateError} Exit code 8 if a file cannot be written; exit code 3 for an image that is too large for
 *   `imagej`.
 */
export async function writeOutputs(
  folder: string,
  name: string,
  segmented: Segmented,
  formats: readonly OutputFormat[],
): Promise<string[]> {
  const paths: string[] = [];
  for (const format of formats) {
    const encode = await outputFormats[format].load();
    const { extension, pieces } = await encode(name, segmented);
    const file = path.join(folder, format, safeName(name) + extension);
    await writeWhole(file, pieces);
    paths.push(file);
  }
  return paths;
}
