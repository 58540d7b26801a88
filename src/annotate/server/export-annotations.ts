import { existsSync } from 'node:fs';
import path from 'node:path';
import { openDataset } from '../../data/read/dataset.js';
import { writePlainDataset } from '../../data/read/plain-dataset.js';
import type { PlaneChoice } from '../../data/image/plane-choice.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { exportDataset } from '../../predict/export-dataset.js';
import { type OutputFormat, outputFormatNames } from '../../predict/formats/output-formats.js';
import type { ExportAnswer } from '../protocol/messages.js';
import type { Workplace } from './workplace.js';

/** The images with their label images, as Cellpose names them; a dataset of its own. */
const pairs = 'cellpose';

/** What can be written. */
export const exportFormats: readonly string[] = [...outputFormatNames, pairs];

/**
 * Writes what is reviewed in a format of another program, into a new folder: `annotations/NAME.exports/FORMAT-1`.
 *
 * @throws {NucleateError} Exit code 2 for another format, 3 if nothing is reviewed or an image cannot be read, 8 if it
 *   cannot be written.
 */
export async function exportAnnotations(
  { folder, annotations, annotator }: Workplace,
  format: string,
  { version, planes }: { readonly version: string; readonly planes: PlaneChoice },
): Promise<ExportAnswer> {
  if (!exportFormats.includes(format)) {
    throw new NucleateError({
      what: `There is no format \`${format}\`.`,
      hint: `Formats are: ${exportFormats.join(', ')}.`,
      exitCode: exitCodes.usage,
    });
  }
  const dataset = await openDataset(folder, { annotator, planes });
  try {
    const exports = path.join(annotations, `${annotator}.exports`);
    let number = 1;
    while (existsSync(path.join(exports, `${format}-${number}`))) number++;
    const target = path.join(exports, `${format}-${number}`);
    let nuclei = 0;
    for (const entry of dataset.images) nuclei += (await entry.read()).masks.length;
    if (format === pairs) {
      const source = { dataset, path: path.join(annotations, annotator) };
      await writePlainDataset([source], target, { version, now: new Date() });
    } else await exportDataset(dataset, target, [format as OutputFormat]);
    return { folder: target, images: dataset.images.length, nuclei };
  } finally {
    await dataset.close();
  }
}
