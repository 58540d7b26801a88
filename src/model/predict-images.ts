import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pixelNotices } from '../data/image/pixel-notices.js';
import { type PlaneChoice, takesEach } from '../data/image/plane-choice.js';
import type { UnreadImage } from '../data/image/stored-image.js';
import { exitCodes, type ExitCode, NucleateError, type Problem } from '../errors.js';
import { safeName } from '../predict/formats/safe-name.js';
import type { OutputFormat } from '../predict/formats/output-formats.js';
import { writeWhole } from '../predict/formats/write-file.js';
import { writeOutputs } from '../predict/formats/write-outputs.js';
import { type ListedImage, openListed } from '../predict/inputs/listed-image.js';
import type { Model } from './model.js';
import { type SegmentSettings, settingsFor } from './segment-settings.js';
import { type UsedSettings, usedSettings } from './used-settings.js';

export interface PredictImagesOptions {
  readonly out: string;
  readonly formats: readonly OutputFormat[];
  /** Whether to skip images whose outputs all exist. */
  readonly resume: boolean;
  /** Which channels and planes of a file become images; default: the only one. */
  readonly planes?: PlaneChoice;
  /** Default: the model's own. */
  readonly settings?: SegmentSettings;
  /** um of a pixel, in place of what the images say. */
  readonly pixelSize?: number;
  /** Called after each image, and within a large one, with the number of images done and of nuclei found. */
  readonly onImage?: (done: number, nuclei: number) => void;
  /** Called for each image that cannot be read; the others are still predicted. */
  readonly onFailure?: (problem: Problem) => void;
  /** Called with what an image that was read may not be, see `pixelNotices`. */
  readonly onNotice?: (notice: Problem) => void;
}

export interface PredictedImages {
  readonly predicted: readonly {
    readonly file: string;
    /** Channel and plane, such as `c1-z3`, where a file has several images; else empty. */
    readonly planes: string;
    readonly nuclei: number;
    /** Of typical nuclei, px; absent if the image was predicted at the scale of training. */
    readonly diameter?: number;
    readonly outputs: readonly string[];
  }[];
  readonly skipped: readonly string[];
  readonly failed: readonly (Problem & { readonly exitCode: ExitCode })[];
  /** Of all images. */
  readonly nuclei: number;
  readonly used: UsedSettings;
}

/** Beside the results: the model and all settings that they were made with. */
const settingsFile = 'settings.json';

/**
 * Finds the nuclei of images, one after the other, and writes the outputs. An image that cannot be read is reported and
 * skipped. {@link UsedSettings} are written beside the outputs.
 *
 * @throws {NucleateError} Exit code 8 if an output cannot be written; exit code 4 without memory; exit code 2 for settings
 *   that contradict each other or the model.
 */
export async function predictImages(
  model: Model,
  images: readonly ListedImage[],
  options: PredictImagesOptions,
): Promise<PredictedImages> {
  const { out, formats, resume, planes = {}, settings = {}, pixelSize } = options;
  const { onImage = () => {}, onFailure = () => {} } = options;
  const used = usedSettings(model, settings, pixelSize);
  const predicted: PredictedImages['predicted'][number][] = [];
  const skipped: string[] = [];
  const failed: PredictedImages['failed'][number][] = [];
  let nuclei = 0;
  const present = resume ? await presentOutputs(out, formats) : undefined;
  const isDone = (name: string) =>
    present !== undefined && formats.every((format) => present.has(outputKey(format, name)));
  const names = new Set(images.map(({ name }) => name.toLowerCase()));
  const attempt = async (file: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NucleateError) || error.exitCode !== exitCodes.data) throw error;
      const problem = { what: error.message, where: error.where ?? file, hint: error.hint };
      failed.push({ ...problem, exitCode: error.exitCode });
      onFailure(problem);
    }
  };
  for (const [index, listed] of images.entries()) {
    const { file, name } = listed;
    await attempt(file, async () => {
      // Only a file that becomes several images must be opened to know their names.
      if (!takesEach(planes) && isDone(name)) {
        skipped.push(file);
        return;
      }
      const opened = await openListed(listed, planes);
      try {
        const count = opened.images.length;
        for (const [part, image] of opened.images.entries()) {
          const partName = image.suffix === '' ? name : unusedName(`${name}-${image.suffix}`, names);
          if (isDone(partName)) {
            skipped.push(file);
            continue;
          }
          await attempt(file, async () => {
            const onProgress = (fraction: number) => onImage(index + (part + fraction) / count, nuclei);
            const found = await predictImage(
              model,
              { file, name: partName },
              image,
              { ...options, used },
              onProgress,
            );
            predicted.push(found);
            nuclei += found.nuclei;
          });
        }
      } finally {
        await opened.close();
      }
    });
    onImage(index + 1, nuclei);
  }
  return { predicted, skipped, failed, nuclei, used };
}

/** Adds a number to a name that is that of another image, in any case of its letters. */
function unusedName(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let count = 2; names.has(name.toLowerCase()); count++) name = `${wanted}-${count}`;
  names.add(name.toLowerCase());
  return name;
}

async function predictImage(
  model: Model,
  { file, name }: ListedImage,
  unread: UnreadImage,
  options: PredictImagesOptions & { readonly used: UsedSettings },
  onProgress: (fraction: number) => void,
): Promise<PredictedImages['predicted'][number]> {
  const { out, formats, settings = {}, pixelSize, used, onNotice = () => {} } = options;
  const opened = await unread.open();
  try {
    const { suffix } = unread;
    const { name: stem, ext } = path.parse(file);
    const where = suffix === '' ? file : `${file}, ${suffix}`;
    for (const notice of pixelNotices(opened, where, (colour) => `--channel ${colour}`)) onNotice(notice);
    const image = pixelSize === undefined ? opened : { ...opened, pixelSize: { x: pixelSize, y: pixelSize } };
    const { scale } = settingsFor(model.file, image, settings);
    const segmentation = await model.segment(image, settings, 'read' in image ? onProgress : undefined);
    await writeWhole(path.join(out, settingsFile), [`${JSON.stringify(used, null, 2)}\n`]);
    const { region } = settings;
    const fileName = `${suffix === '' ? stem : `${stem}-${suffix}`}${ext}`;
    const segmented = { image, segmentation, fileName, ...(region && { region }) };
    const outputs = await writeOutputs(out, name, segmented, formats);
    const diameter = scale && { diameter: scale.diameter };
    return { file, planes: suffix, nuclei: segmentation.instances.length, ...diameter, outputs };
  } finally {
    if ('read' in opened) opened.close();
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
