import path from 'node:path';
import type { PlaneChoice } from '../data/image/plane-choice.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { Model } from '../model/model.js';
import { type SegmentSettings, settingsFor } from '../model/segment-settings.js';
import { type ListedImage, openListed } from '../predict/inputs/listed-image.js';
import type { PlannedImage, PlannedRegion } from './plan.js';
import { readMasks, type StoredMasks, writeMasks } from './region-masks.js';
import { masksFile, type ShardDone } from './shard-folder.js';

export interface PredictRegionsOptions {
  /** Of the shard. */
  readonly folder: string;
  readonly planes: PlaneChoice;
  readonly settings: SegmentSettings;
  /** Equal for masks that go together. */
  readonly settingsId: string;
  /** um of a pixel, in place of what the image says. */
  readonly pixelSize: number | undefined;
  readonly image: PlannedImage;
  readonly regions: readonly PlannedRegion[];
  /** Called with the fraction of the work that is done, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/**
 * Predicts regions of one image and writes their masks; a region whose masks are there is skipped.
 *
 * @throws {NucleateError} Exit code 3 if the image cannot be read, 8 if masks cannot be written.
 */
export async function predictRegions(
  model: Model,
  listed: ListedImage,
  {
    folder,
    planes,
    settings,
    settingsId,
    pixelSize,
    image: planned,
    regions,
    onProgress,
  }: PredictRegionsOptions,
): Promise<{ readonly files: ShardDone['regions']; readonly skipped: number }> {
  const files: ShardDone['regions'] = [];
  const missing: PlannedRegion[] = [];
  const record = (file: string, { bytes, sha256 }: Pick<StoredMasks, 'bytes' | 'sha256'>) =>
    files.push({ name: planned.name, file, bytes, sha256 });
  for (const region of regions) {
    const file = masksFile(planned.name, region);
    // One that is damaged is made again.
    const stored = await readMasks(path.join(folder, file)).catch((error: unknown) => {
      if (!(error instanceof NucleateError) || error.exitCode !== exitCodes.data) throw error;
    });
    const { head } = stored ?? {};
    const isSame =
      head?.settings === settingsId &&
      head.image.sha256 === planned.sha256 &&
      JSON.stringify(head.region) === JSON.stringify(rectOf(region));
    if (stored && isSame) record(file, stored);
    else missing.push(region);
  }
  const skipped = regions.length - missing.length;
  if (missing.length === 0) return { files, skipped };
  const opened = await openListed(listed, planes);
  try {
    const pixels = await opened.images[0]!.open();
    try {
      const image =
        pixelSize === undefined ? pixels : { ...pixels, pixelSize: { x: pixelSize, y: pixelSize } };
      const { width, height } = image;
      const { scale } = settingsFor(model.file, image, settings);
      for (const [index, region] of missing.entries()) {
        const { x, y } = region;
        const part = { x1: x, y1: y, x2: x + region.width, y2: y + region.height };
        const { masks, assemble } = await model.masksIn(image, part, settings, (fraction) =>
          onProgress((skipped + index + fraction) / regions.length),
        );
        const file = masksFile(planned.name, region);
        const head = {
          image: { name: planned.name, sha256: planned.sha256!, width, height },
          ...{ region: rectOf(region), settings: settingsId, assemble },
          ...(scale && { diameter: scale.diameter }),
        };
        record(file, await writeMasks(path.join(folder, file), head, masks));
      }
    } finally {
      if ('read' in pixels) pixels.close();
    }
  } finally {
    await opened.close();
  }
  return { files, skipped };
}

const rectOf = ({ x, y, width, height }: PlannedRegion) => ({ x, y, width, height });
