import path from 'node:path';
import { pixelNotices } from '../data/image/pixel-notices.js';
import { inPlace, type Problem } from '../errors.js';
import type { Segmented } from '../predict/formats/encode.js';
import type { OutputFolder, StaleReason } from '../predict/outputs/output-folder.js';
import { type FailedPrediction, failureOf } from './failed-prediction.js';
import type { Model } from './model.js';
import type { ImagePart } from './open-parts.js';
import { type SegmentSettings, settingsFor } from './segment-settings.js';

export interface SegmentPartOptions {
  /** Whether a part is left out whose outputs are all there. */
  readonly resume: boolean;
  /** Default: the model's own. */
  readonly settings?: SegmentSettings;
  /** um of a pixel, in place of what the image says. */
  readonly pixelSize?: number;
  /** Called now and then, for images that are read part by part, with the fraction that is done. */
  readonly onProgress: (fraction: number) => void;
}

/** What was found in a part of a listed image; nothing if its outputs are all there, or it failed. */
export interface SegmentedPart {
  readonly found?: {
    readonly segmented: Segmented;
    /** Of typical nuclei, px; absent if the image was predicted at the scale of training. */
    readonly diameter?: number;
    /** Why outputs that are there are made again; absent where there are none, or they would be the same. */
    readonly again?: StaleReason;
  };
  readonly failure?: FailedPrediction;
  /** What may not be as it should, see `pixelNotices`. */
  readonly notices: readonly Problem[];
  /** Closes the image of `found`. */
  readonly close: () => void;
}

const nothing: SegmentedPart = { notices: [], close: () => {} };

/**
 * Finds the nuclei of one part of a listed image. Several may be in work at once.
 *
 * @returns The caller closes it.
 * @throws {NucleateError} For anything else than bad data.
 */
export async function segmentPart(
  model: Model,
  { image, wanted }: ImagePart,
  outputs: Pick<OutputFolder, 'stateOf'>,
  { resume, settings = {}, pixelSize, onProgress }: SegmentPartOptions,
): Promise<SegmentedPart> {
  const { file } = wanted;
  const notices: Problem[] = [];
  let close = () => {};
  try {
    const state = await outputs.stateOf(wanted);
    if (resume && state === 'done') return nothing;
    const opened = await image.open();
    if ('read' in opened) close = () => opened.close();
    const where = image.suffix === '' ? file : `${file}, ${image.suffix}`;
    notices.push(...pixelNotices(opened, where, image.written));
    const scaled =
      pixelSize === undefined ? opened : { ...opened, pixelSize: { x: pixelSize, y: pixelSize } };
    const { scale } = settingsFor(model.file, scaled, settings);
    const segmentation = await inPlace(where, () =>
      model.segment(scaled, settings, 'read' in opened ? onProgress : undefined),
    );
    const { region } = settings;
    const { name, ext } = path.parse(file);
    const fileName = `${image.suffix === '' ? name : `${name}-${image.suffix}`}${ext}`;
    return {
      found: {
        segmented: { image: scaled, segmentation, fileName, ...(region && { region }) },
        ...(scale && { diameter: scale.diameter }),
        ...(state !== 'none' && state !== 'done' && { again: state }),
      },
      ...{ notices, close },
    };
  } catch (error) {
    close();
    return { ...nothing, notices, failure: failureOf(error, file) };
  }
}
