import path from 'node:path';
import type { ResultLine } from '../data/files/output-record.js';
import { planeChoice } from '../data/image/plane-choice.js';
import { exitCodes, NucleateError } from '../errors.js';
import { assembleMasks } from '../predict/assemble/assemble.js';
import type { CandidateMask } from '../predict/assemble/candidate-mask.js';
import { writeOutputs } from '../predict/formats/write-outputs.js';
import { listImages } from '../predict/inputs/list-images.js';
import { hashListed, type ListedImage, openListed } from '../predict/inputs/listed-image.js';
import { fromPlan, type PlannedImage, type StoredPlan } from './plan.js';
import { type MasksHead, readMasks } from './region-masks.js';
import { masksFile, shardFolder, type ShardDone } from './shard-folder.js';

interface Shards {
  readonly plan: StoredPlan;
  readonly out: string;
  readonly ended: ReadonlyMap<number, ShardDone>;
}

/**
 * Makes the nuclei of an image of the masks of its regions, and writes its outputs. All masks are assembled together, as if
 * the image had been predicted whole, so that nothing is cut or doubled where regions meet; labels are in descending order of score,
 * whatever the regions were.
 *
 * The label image (4 bytes per px) and all masks are in memory.
 *
 * @throws {NucleateError} Exit code 3 if masks are damaged or the image can no longer be read, 8 if an output cannot be
 *   written.
 */
export async function mergeRegions(planned: PlannedImage, { plan, out, ended }: Shards): Promise<ResultLine> {
  const { name, id } = planned;
  const masks: CandidateMask[] = [];
  let head: MasksHead | undefined;
  for (const region of planned.cut!.regions) {
    const file = masksFile(name, region);
    const place = path.join(shardFolder(out, region.shard), file);
    const recorded = ended.get(region.shard)!.regions.find((one) => one.name === name && one.file === file);
    const stored = await readMasks(place);
    if (!stored || stored.sha256 !== recorded?.sha256) throw changedMasks(place);
    masks.push(...stored.masks);
    head = stored.head;
  }
  const { assemble } = head!;
  const { settings, formats, pixelSize } = ended.get(planned.cut!.regions[0]!.shard)!;
  const file = fromPlan(plan, planned.file);
  return withImage(plan, planned, async (listed) => {
    if ((await hashListed(listed)) !== planned.sha256) throw changedImage(file);
    const opened = await openListed(listed, planeChoice(plan));
    try {
      const pixels = await opened.images[0]!.open();
      try {
        const image = pixelSize === null ? pixels : { ...pixels, pixelSize: { x: pixelSize, y: pixelSize } };
        const segmentation = assembleMasks(image, masks, assemble);
        const segmented = { image, segmentation, fileName: path.basename(file) };
        const outputs = await writeOutputs(out, name, segmented, formats);
        return {
          ...{ name, ...(id !== undefined && { id }), image: { file, sha256: planned.sha256 }, settings },
          ...{ nuclei: segmentation.instances.length, outputs },
        };
      } finally {
        if ('read' in pixels) pixels.close();
      }
    } finally {
      await opened.close();
    }
  });
}

/** Hands over an image, which may lie within a file. */
async function withImage<T>(
  plan: StoredPlan,
  { name, file, inside }: PlannedImage,
  use: (listed: ListedImage) => Promise<T>,
): Promise<T> {
  const place = fromPlan(plan, file);
  if (!inside) return use({ file: place, name });
  const listed = await listImages(plan.paths.map((one) => fromPlan(plan, one)));
  try {
    const found = listed.images.find((one) => one.name === name);
    if (found) return await use(found);
    throw new NucleateError({
      what: 'The image is no longer there.',
      where: place,
      hint: 'Plan again.',
      exitCode: exitCodes.data,
    });
  } finally {
    await listed.close();
  }
}

const changedImage = (where: string) =>
  new NucleateError({
    what: 'The image is not the one that was planned: its bytes have changed.',
    where,
    hint: 'Plan again.',
    exitCode: exitCodes.data,
  });

const changedMasks = (where: string) =>
  new NucleateError({
    what: 'The masks of a region are missing or are not as they were written.',
    where,
    hint: 'Delete the file and run its shard again.',
    exitCode: exitCodes.data,
  });
