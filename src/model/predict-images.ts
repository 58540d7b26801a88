import path from 'node:path';
import { outputSettingsName } from '../data/files/output-record.js';
import type { PlaneChoice } from '../data/image/plane-choice.js';
import { imagesAtOnce } from '../engine/lanes.js';
import type { OpenedImages } from '../data/image/stored-image.js';
import type { Problem } from '../errors.js';
import { mapConcurrently } from '../map-concurrently.js';
import type { OutputFormat } from '../predict/formats/output-formats.js';
import { writeOutputs } from '../predict/formats/write-outputs.js';
import { writeWhole } from '../predict/formats/write-file.js';
import type { ListedImage } from '../predict/inputs/listed-image.js';
import { OutputFolder, type StaleReason } from '../predict/outputs/output-folder.js';
import { type FailedPrediction, failureOf } from './failed-prediction.js';
import { madeWith } from './made-with.js';
import type { Model } from './model.js';
import { type ImagePart, openParts, type PartStep } from './open-parts.js';
import { segmentPart, type SegmentedPart } from './segment-part.js';
import type { SegmentSettings } from './segment-settings.js';
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
  readonly failed: readonly FailedPrediction[];
  /** Of all images. */
  readonly nuclei: number;
  readonly used: UsedSettings;
}

/** px: a larger image is the only one in work, for its memory. */
const largeImage = 2048 ** 2;

/**
 * Finds the nuclei of images, of a few at once, and writes the outputs of one after the other. An image that cannot be read, or
 * whose results may not be replaced, is reported and skipped. {@link UsedSettings} are written beside the outputs.
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
  const { onImage = () => {}, onFailure = () => {}, onNotice = () => {} } = options;
  const used = usedSettings(model, settings, pixelSize);
  const { channels, plane, z, t } = planes;
  const outputs = await OutputFolder.open(out, {
    madeWith: madeWith(model.file, { ...settings, pixelSize, channels, plane, z, t }),
    formats,
    inputs: new Set(images.map(({ name }) => name)),
  });
  const predicted: PredictedImages['predicted'][number][] = [];
  const skipped: string[] = [];
  const failed: FailedPrediction[] = [];
  let nuclei = 0;
  let done = 0;
  const fail = (failure: FailedPrediction) => {
    failed.push(failure);
    onFailure(failure);
  };
  const attempt = async (file: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      fail(failureOf(error, file));
    }
  };
  let isTold = false;
  const tellSettings = async () => {
    if (!isTold) await writeWhole(path.join(out, outputSettingsName), [`${JSON.stringify(used, null, 2)}\n`]);
    isTold = true;
  };
  const write = async ({ image, wanted }: ImagePart, { segmented, ...found }: Found) => {
    const { length } = segmented.segmentation.instances;
    await tellSettings();
    const written = await outputs.replace(wanted, length, () =>
      writeOutputs(out, wanted.name, segmented, formats),
    );
    const files = written.map(({ file }) => path.join(out, file));
    predicted.push({ file: wanted.file, planes: image.suffix, nuclei: length, outputs: files, ...found });
    nuclei += length;
  };
  const work = async (step: PartStep) => {
    const { part } = step;
    if (!part) return { step };
    const onProgress = (fraction: number) => onImage(done + (part.index + fraction) / part.count, nuclei);
    return { step, result: await segmentPart(model, part, outputs, { ...options, onProgress }) };
  };
  const open = new Set<OpenedImages>();
  const steps = openParts(images, outputs, { planes, resume, open });
  try {
    for await (const { step, result } of mapConcurrently(steps, imagesAtOnce, work, slotsOf)) {
      const { listed, part, end } = step;
      const { file, name } = listed;
      if (part && result) {
        for (const notice of result.notices) onNotice(notice);
        const { found, failure } = result;
        if (failure) fail(failure);
        else if (found) await attempt(file, () => write(part, found)).finally(result.close);
        else skipped.push(file);
      }
      if (!end) continue;
      if (end.failure) fail(end.failure);
      if (end.isSkipped) skipped.push(file);
      if (end.opened) {
        open.delete(end.opened);
        await attempt(file, end.opened.close);
      }
      await attempt(file, () => outputs.removeStale(name, end.sha256));
      done += 1;
      onImage(done, nuclei);
    }
  } finally {
    for (const { close } of open) await close();
    await outputs.close();
  }
  return { predicted, skipped, failed, nuclei, used };
}

type Found = NonNullable<SegmentedPart['found']>;

const slotsOf = ({ part }: PartStep): number =>
  part && part.image.width * part.image.height > largeImage ? imagesAtOnce : 1;
