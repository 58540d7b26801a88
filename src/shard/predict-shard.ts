import path from 'node:path';
import { rm } from 'node:fs/promises';
import { outputRecordName, readRecord } from '../data/files/output-record.js';
import { planeChoice } from '../data/image/plane-choice.js';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { madeWith } from '../model/made-with.js';
import type { Model } from '../model/model.js';
import { predictImages, type PredictImagesOptions } from '../model/predict-images.js';
import { usedSettings } from '../model/used-settings.js';
import { listImages } from '../predict/inputs/list-images.js';
import { hashListed, type ListedImage } from '../predict/inputs/listed-image.js';
import { settingsId } from '../predict/outputs/output-folder.js';
import { fromPlan, type PlannedImage, type StoredPlan } from './plan.js';
import { predictRegions } from './predict-regions.js';
import { type FailedImage, shardFolder, type ShardDone, writeDone } from './shard-folder.js';
import { lockShard } from './shard-lock.js';

export interface PredictShardOptions extends Pick<
  PredictImagesOptions,
  'formats' | 'settings' | 'pixelSize' | 'onNotice'
> {
  /** The folder of all shards. */
  readonly out: string;
  readonly shard: number;
  /** Where the model computes, as the runtime calls it. */
  readonly device: string;
  /** Called after each image and region, and within a large one, with the number done and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called for each image that cannot be predicted. */
  readonly onFailure?: (problem: Problem) => void;
  /** Called with a sentence if the lock of a process that has died is taken over. */
  readonly onTakeover?: (notice: string) => void;
}

/** What a shard has now, whoever predicted it. */
export interface ShardResult {
  readonly shard: number;
  /** Whole images, with those that have failed. */
  readonly images: number;
  readonly regions: number;
  /** Images that were done before, with the same settings of the same image. */
  readonly skipped: number;
  readonly failed: readonly FailedImage[];
  readonly folder: string;
}

/**
 * Predicts the images and regions of one shard. What is there already is not made again if it was made with the same
 * settings of the same image, so the process may be killed at any time and started again.
 *
 * @throws {NucleateError} Exit code 2 for a shard that the plan does not have, or settings that do not fit; 7 if another
 *   process works on it; 8 if something cannot be written.
 */
export async function predictShard(
  model: Model,
  plan: StoredPlan,
  options: PredictShardOptions,
): Promise<ShardResult> {
  const {
    out,
    shard,
    formats,
    settings = {},
    pixelSize,
    device,
    onProgress = () => {},
    onTakeover,
  } = options;
  requireShard(plan, shard);
  const planes = planeChoice(plan);
  const { channels, plane, z, t } = planes;
  const made = madeWith(model.file, { ...settings, pixelSize, channels, plane, z, t });
  const id = settingsId(made);
  const folder = shardFolder(out, shard);
  const lock = lockShard(folder, onTakeover);
  const failed: FailedImage[] = [];
  const fail = (name: string, problem: Problem) => {
    failed.push({ name, ...problem });
    options.onFailure?.(problem);
  };
  try {
    // Until it ends again, the shard has not ended.
    await rm(path.join(folder, 'done.json'), { force: true });
    const whole = plan.images.filter((image) => image.shard === shard);
    const cut = plan.images.filter(({ cut }) => cut?.regions.some((region) => region.shard === shard));
    const regionCount = cut.flatMap((image) => regionsOf(image, shard)).length;
    const total = whole.length + regionCount;
    const listed = await openPlanned(plan, [...whole, ...cut]);
    let skipped = 0;
    const regions: ShardDone['regions'] = [];
    try {
      if (whole.length > 0) {
        const nameOf = new Map(whole.map((image) => [listed.of(image).file, image.name]));
        const result = await predictImages(
          model,
          whole.map((image) => listed.of(image)),
          {
            ...{ out: folder, formats, resume: true, planes, settings },
            ...(pixelSize !== undefined && { pixelSize }),
            ...(options.onNotice && { onNotice: options.onNotice }),
            onImage: (done) => onProgress(done, total),
          },
        );
        for (const problem of result.failed)
          fail(nameOf.get(problem.file)!, { what: problem.what, ...detailsOf(problem) });
        skipped = result.skipped.length;
        for (const image of await changedImages(folder, whole)) {
          if (!failed.some(({ name }) => name === image.name))
            fail(image.name, changed(fromPlan(plan, image.file)));
        }
      }
      let done = whole.length;
      for (const image of cut) {
        const own = regionsOf(image, shard);
        const before = done;
        try {
          const source = listed.of(image);
          if (image.sha256 !== (await hashListed(source))) throw dataError(changed(source.file));
          const found = await predictRegions(model, source, {
            ...{ folder, planes, settings, settingsId: id, pixelSize, image, regions: own },
            onProgress: (fraction) => onProgress(before + fraction * own.length, total),
          });
          regions.push(...found.files);
          skipped += found.skipped;
        } catch (error) {
          if (!(error instanceof NucleateError) || error.exitCode !== exitCodes.data) throw error;
          fail(image.name, { what: error.message, ...detailsOf(error) });
        }
        done += own.length;
        onProgress(done, total);
      }
    } finally {
      await listed.close();
    }
    await writeDone(out, {
      ...{ plan: plan.sha256, shard, device, settings: id, madeWith: made, formats: [...formats] },
      ...{ used: usedSettings(model, settings, pixelSize), pixelSize: pixelSize ?? null, regions, failed },
    });
    return { shard, images: whole.length, regions: regionCount, skipped, failed, folder };
  } finally {
    lock.release();
  }
}

const regionsOf = ({ cut }: PlannedImage, shard: number) =>
  (cut?.regions ?? []).filter((region) => region.shard === shard);

const detailsOf = ({
  where,
  hint,
}: {
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
}) => ({
  ...(where !== undefined && { where }),
  ...(hint !== undefined && { hint }),
});

/** @throws {NucleateError} Exit code 2. */
export function requireShard({ shards, place }: StoredPlan, shard: number): void {
  if (Number.isInteger(shard) && shard >= 0 && shard < shards) return;
  throw new NucleateError({
    what: `The plan has the shards 0 to ${shards - 1}, and no shard ${shard}.`,
    where: place,
    hint: 'Array jobs begin at 0: --array=0-N.',
    exitCode: exitCodes.usage,
  });
}

/** Finds planned images again. */
async function openPlanned(plan: StoredPlan, images: readonly PlannedImage[]) {
  const inside = images.some((image) => image.inside);
  const listed = inside ? await listImages(plan.paths.map((file) => fromPlan(plan, file))) : undefined;
  const byName = new Map(listed?.images.map((image) => [image.name, image]));
  const of = ({ name, id, file, inside: within }: PlannedImage): ListedImage => {
    const place = fromPlan(plan, file);
    if (!within) return { file: place, name, ...(id !== undefined && { id }) };
    const found = byName.get(name);
    if (found) return found;
    // To be reported like any other file that cannot be read.
    return { file: place, name, read: () => Promise.reject(dataError(gone(place))) };
  };
  return { of, close: async () => listed?.close() };
}

/** The images whose results are of other bytes than were planned. */
async function changedImages(folder: string, images: readonly PlannedImage[]): Promise<PlannedImage[]> {
  const hashes = new Map<string, string>();
  for await (const { line } of readRecord(path.join(folder, outputRecordName)))
    if ('image' in line) hashes.set(line.input ?? line.name, line.image.sha256);
  return images.filter(({ name, sha256 }) => hashes.has(name) && hashes.get(name) !== sha256);
}

const changed = (where: string): Problem => ({
  what: 'The image is not the one that was planned: its bytes have changed.',
  where,
  hint: 'Plan again.',
});

const gone = (where: string): Problem => ({
  what: 'The image is no longer there.',
  where,
  hint: 'Plan again.',
});

const dataError = ({ what, where, hint }: Problem) =>
  new NucleateError({
    ...{ what, hint: hint ?? '', exitCode: exitCodes.data },
    ...(where !== undefined && { where }),
  });
