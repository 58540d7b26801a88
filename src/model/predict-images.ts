import path from 'node:path';
import { pixelNotices } from '../data/image/pixel-notices.js';
import { type PlaneChoice, takesEach } from '../data/image/plane-choice.js';
import type { UnreadImage } from '../data/image/stored-image.js';
import { exitCodes, type ExitCode, inPlace, NucleateError, type Problem } from '../errors.js';
import type { Segmented } from '../predict/formats/encode.js';
import { outputSettingsName } from '../data/files/output-record.js';
import type { OutputFormat } from '../predict/formats/output-formats.js';
import { writeWhole } from '../predict/formats/write-file.js';
import { writeOutputs } from '../predict/formats/write-outputs.js';
import { hashListed, type ListedImage, openListed } from '../predict/inputs/listed-image.js';
import { OutputFolder, type StaleReason } from '../predict/outputs/output-folder.js';
import { madeWith } from './made-with.js';
import type { Model } from './model.js';
import { type SegmentSettings, settingsFor } from './segment-settings.js';
import { type UsedSettings, usedSettings } from './used-settings.js';

export interface PredictImagesOptions {
  readonly out: string;
  readonly formats: readonly OutputFormat[];
  /** Whether to skip images whose outputs are all there, made with the same settings of the same image. */
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
    /** Why outputs that were there were made again; absent where there were none, or they would be the same. */
    readonly again?: StaleReason;
  }[];
  readonly skipped: readonly string[];
  readonly failed: readonly (Problem & { readonly file: string; readonly exitCode: ExitCode })[];
  /** Of all images. */
  readonly nuclei: number;
  readonly used: UsedSettings;
}

/**
 * Finds the nuclei of images, one after the other, and writes the outputs. An image that cannot be read, or whose results
 * may not be replaced, is reported and skipped. {@link UsedSettings} are written beside the outputs.
 *
 * @throws {NucleateError} Exit code 2 if the folder would end as a mixture of settings (see {@link OutputFolder.open}), or
 *   for settings that contradict each other or the model; exit code 8 if an output cannot be written; exit code 4 without memory.
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
  const attempt = async (file: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NucleateError) || error.exitCode !== exitCodes.data) throw error;
      const problem = { what: error.message, where: error.where ?? file, hint: error.hint };
      failed.push({ ...problem, file, exitCode: error.exitCode });
      onFailure(problem);
    }
  };
  const { channels, plane, z, t } = planes;
  const outputs = await OutputFolder.open(out, {
    madeWith: madeWith(model.file, { ...settings, pixelSize, channels, plane, z, t }),
    formats,
    inputs: new Set(images.map(({ name }) => name)),
  });
  let isTold = false;
  const tellSettings = async () => {
    if (!isTold) await writeWhole(path.join(out, outputSettingsName), [`${JSON.stringify(used, null, 2)}\n`]);
    isTold = true;
  };
  const names = new Set(images.map(({ name }) => name.toLowerCase()));
  try {
    for (const [index, listed] of images.entries()) {
      const { file, name, id } = listed;
      let sha256: string | undefined;
      await attempt(file, async () => {
        sha256 = await hashListed(listed);
        const wanted = { name, input: name, id, file, sha256 };
        // Only a file that becomes several images must be opened to know their names.
        if (resume && !takesEach(planes) && (await outputs.stateOf(wanted)) === 'done') {
          skipped.push(file);
          return;
        }
        const opened = await openListed(listed, planes);
        try {
          const count = opened.images.length;
          for (const [part, image] of opened.images.entries()) {
            const partName = image.suffix === '' ? name : unusedName(`${name}-${image.suffix}`, names);
            const own = image.suffix === '' ? wanted : { ...wanted, name: partName, id: undefined };
            await attempt(file, async () => {
              const state = await outputs.stateOf(own);
              if (resume && state === 'done') {
                skipped.push(file);
                return;
              }
              const onProgress = (fraction: number) => onImage(index + (part + fraction) / count, nuclei);
              const found = await segmentImage(
                model,
                file,
                image,
                { ...options, onProgress },
                async (segmented, diameter) => {
                  const { length } = segmented.segmentation.instances;
                  await tellSettings();
                  const write = () => writeOutputs(out, partName, segmented, formats);
                  const written = await outputs.replace(own, length, write);
                  const paths = written.map((output) => path.join(out, output.file));
                  return { nuclei: length, ...(diameter !== undefined && { diameter }), outputs: paths };
                },
              );
              const again = state === 'none' || state === 'done' ? {} : { again: state };
              predicted.push({ file, planes: image.suffix, ...found, ...again });
              nuclei += found.nuclei;
            });
          }
        } finally {
          await opened.close();
        }
      });
      await attempt(file, () => outputs.removeStale(name, sha256));
      onImage(index + 1, nuclei);
    }
  } finally {
    await outputs.close();
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

/** Finds the nuclei of an image, and hands them over until it is closed. */
async function segmentImage<Result>(
  model: Model,
  file: string,
  unread: UnreadImage,
  options: PredictImagesOptions & { readonly onProgress: (fraction: number) => void },
  use: (segmented: Segmented, diameter: number | undefined) => Promise<Result>,
): Promise<Result> {
  const { settings = {}, pixelSize, onProgress, onNotice = () => {} } = options;
  const opened = await unread.open();
  try {
    const { suffix, written } = unread;
    const { name: stem, ext } = path.parse(file);
    const where = suffix === '' ? file : `${file}, ${suffix}`;
    for (const notice of pixelNotices(opened, where, written)) onNotice(notice);
    const image = pixelSize === undefined ? opened : { ...opened, pixelSize: { x: pixelSize, y: pixelSize } };
    const { scale } = settingsFor(model.file, image, settings);
    const segmentation = await inPlace(where, () =>
      model.segment(image, settings, 'read' in image ? onProgress : undefined),
    );
    const { region } = settings;
    const fileName = `${suffix === '' ? stem : `${stem}-${suffix}`}${ext}`;
    const segmented = { image, segmentation, fileName, ...(region && { region }) };
    return await use(segmented, scale?.diameter);
  } finally {
    if ('read' in opened) opened.close();
  }
}
