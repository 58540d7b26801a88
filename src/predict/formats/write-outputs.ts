import path from 'node:path';
import type { OutputFile } from '../../data/files/output-record.js';
import type { Segmented } from './encode.js';
import { type OutputFormat, outputFormats } from './output-formats.js';
import { safeName } from '../../data/files/safe-name.js';
import { writeWhole } from './write-file.js';

/**
 * Writes one file for each format, `<folder>/<format>/<name>.<extension>`; existing files are replaced, each whole or
 * not at all.
 *
 * @param name Of the image, without its ending; {@link safeName} makes a file name of it. The files hold it as it is.
 * @returns The files, by their paths below `folder`, in the order of the formats.
 * @throws {NucleateError} Exit code 8 if a file cannot be written; exit code 3 for an image that is too large for
 *   `imagej`.
 */
export async function writeOutputs(
  folder: string,
  name: string,
  segmented: Segmented,
  formats: readonly OutputFormat[],
): Promise<OutputFile[]> {
  const outputs: OutputFile[] = [];
  for (const format of formats) {
    const encode = await outputFormats[format].load();
    const { extension, pieces } = await encode(name, segmented);
    const file = safeName(name) + extension;
    const written = await writeWhole(path.join(folder, format, file), pieces);
    outputs.push({ file: `${format}/${file}`, ...written });
  }
  return outputs;
}
