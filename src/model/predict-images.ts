import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, type ExitCode, NucleateError, type Problem } from '../errors.js';
import { safeName } from '../predict/formats/safe-name.js';
import type { OutputFormat } from '../predict/formats/output-formats.js';
import { writeOutputs } from '../predict/formats/write-outputs.js';
import { type ListedImage, openListed } from '../predict/inputs/listed-image.js';
import type { Model } from './model.js';

export interface PredictImagesOptions {
  readonly out: string;
  readonly formats: readonly OutputFormat[];
  /** Whether to skip images whose outputs all exist. */
  readonly resume: boolean;
  /** Called after each image, and within a large one, with the number of images done and of nuclei found. */
  readonly onImage?: (done: number, nuclei: number) => void;
  /** Called for each image that cannot be read; the others are still predicted. */
  readonly onFailure?: (problem: Problem) => void;
}

export interface PredictedImages {
  readonly predicted: readonly {
    readonly file: string;
    readonly nuclei: number;
    readonly outputs: readonly string[];
  }[];
  readonly skipped: readonly string[];
  readonly failed: readonly (Problem & { readonly exitCode: ExitCode })[];
  /** Of all images. */
  readonly nuclei: number;
}

/**
 * Finds the nuclei of images, one after the other, and writes the outputs. An image that cannot be read is reported and
 * skipped.
 *
 * @throws {NucleateError} Exit code 8 if an output cannot be written; exit code 4 without memory.
 */
export async function predictImages(
  model: Model,
  images: readonly ListedImage[],
  { out, formats, resume, onImage = () => {}, onFailure = () => {} }: PredictImagesOptions,
): Promise<PredictedImages> {
  const predicted: PredictedImages['predicted'][number][] = [];
  const skipped: string[] = [];
  const failed: PredictedImages['failed'][number][] = [];
  let nuclei = 0;
  const present = resume ? await presentOutputs(out, formats) : undefined;
  for (const [index, listed] of images.entries()) {
    const { file, name } = listed;
    if (present && formats.every((format) => present.has(outputKey(format, name)))) {
      skipped.push(file);
    } else {
      try {
        const found = await predictImage(model, listed, { out, formats }, (fraction) =>
          onImage(index + fraction, nuclei),
        );
        predicted.push(found);
        nuclei += found.nuclei;
      } catch (error) {
        if (!(error instanceof NucleateError) || error.exitCode !== exitCodes.data) throw error;
        const problem = { what: error.message, where: error.where ?? file, hint: error.hint };
        failed.push({ ...problem, exitCode: error.exitCode });
        onFailure(problem);
      }
    }
    onImage(index + 1, nuclei);
  }
  return { predicted, skipped, failed, nuclei };
}

async function predictImage(
  model: Model,
  listed: ListedImage,
  { out, formats }: Pick<PredictImagesOptions, 'out' | 'formats'>,
  onProgress: (fraction: number) => void,
): Promise<PredictedImages['predicted'][number]> {
  const { file, name } = listed;
  const image = await openListed(listed);
  try {
    const segmentation = await model.segment(image, {}, 'read' in image ? onProgress : undefined);
    const segmented = { image, segmentation, fileName: path.basename(file) };
    const outputs = await writeOutputs(out, name, segmented, formats);
    return { file, nuclei: segmentation.instances.length, outputs };
  } finally {
    if ('read' in image) image.close();
  }
}

const outputKey = (format: string, name: string) => `${format}/${safeName(name)}`;

/** The outputs that exist; each is complete, because files are written whole or not at all. */
async function presentOutputs(out: string, formats: readonly OutputFormat[]): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const format of formats) {
    for (const file of await readdir(path.join(out, format)).catch(() => [])) {
      keys.add(`${format}/${file.replace(/\.[^.]+$/u, '')}`);
    }
  }
  return keys;
}
