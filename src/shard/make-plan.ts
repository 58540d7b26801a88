import path from 'node:path';
import { type PlaneChoice, takesEach, writtenPlanes } from '../data/image/plane-choice.js';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { failureOf } from '../model/failed-prediction.js';
import { writeWhole } from '../predict/formats/write-file.js';
import { hashListed, type ListedImage, openListed } from '../predict/inputs/listed-image.js';
import type { ListedImages } from '../predict/inputs/list-images.js';
import { cutImage } from './cut-image.js';
import { fillShards } from './fill-shards.js';
import type { Plan, PlannedImage } from './plan.js';

export interface PlanOptions {
  /** The file to write. */
  readonly out: string;
  readonly shards: number;
  /** px: an image with a longer side is cut into regions of at most this side; default: none is. */
  readonly regionSize?: number;
  /** What the user has named, which `listed` was made of. */
  readonly paths: readonly string[];
  readonly planes?: PlaneChoice;
  /** Called after each image with the number of images done. */
  readonly onImage?: (done: number) => void;
  /** Called for an image that cannot be read; it stays in the plan, and its shard will list it as failed. */
  readonly onFailure?: (problem: Problem) => void;
}

/**
 * Plans a prediction in shards and writes the plan. The same images give the same plan, to the byte.
 *
 * @throws {NucleateError} Exit code 2 for regions of files that become several images each; 8 if the plan cannot be written.
 */
export async function makePlan(
  { images }: Pick<ListedImages, 'images'>,
  { out, shards, regionSize, paths, planes = {}, onImage = () => {}, onFailure = () => {} }: PlanOptions,
): Promise<Plan> {
  if (regionSize !== undefined && takesEach(planes)) {
    throw new NucleateError({
      what: 'Files that become several images each cannot be cut into regions.',
      hint: 'Name one channel and plane, or leave out --region-size.',
      exitCode: exitCodes.usage,
    });
  }
  const here = path.dirname(out);
  const fromHere = (file: string) => path.relative(here, file).split(path.sep).join('/');
  const measured: (Omit<PlannedImage, 'shard' | 'cut'> & { regions: ReturnType<typeof cutImage> } & {
    width: number;
    height: number;
  })[] = [];
  for (const [index, listed] of images.entries()) {
    const { name, id, file, read } = listed;
    const unlessUnreadable = async <T>(work: Promise<T>, otherwise: T): Promise<T> =>
      work.catch((error: unknown) => {
        onFailure(failureOf(error, file));
        return otherwise;
      });
    const sha256 = await unlessUnreadable<string | null>(hashListed(listed), null);
    const size = sha256 === null ? nothing : await unlessUnreadable(sizeOf(listed, planes), nothing);
    const isCut = regionSize !== undefined && Math.max(size.width, size.height) > regionSize;
    measured.push({
      ...{ name, ...(id !== undefined && { id }), file: fromHere(file), ...(read && { inside: true }) },
      ...{ sha256, ...size },
      regions: isCut ? cutImage(size, regionSize) : [],
    });
    onImage(index + 1);
  }
  const pieces = measured.flatMap(({ pixels, regions }) =>
    regions.length > 0 ? regions.map(({ width, height }) => ({ pixels: width * height })) : [{ pixels }],
  );
  const shardOf = fillShards(pieces, shards);
  let piece = 0;
  const plan: Plan = {
    ...{ nucleate: 'plan', format: 1, shards, paths: paths.map(fromHere) },
    ...((writtenPlanes(planes) as { channel: string[]; plane: string[] } | undefined) ?? {
      channel: [],
      plane: [],
    }),
    images: measured.map(({ regions, width, height, ...image }) =>
      regions.length === 0
        ? { ...image, shard: shardOf[piece++]! }
        : {
            ...image,
            cut: {
              width,
              height,
              regions: regions.map((region) => ({ ...region, shard: shardOf[piece++]! })),
            },
          },
    ),
  };
  await writeWhole(out, [`${JSON.stringify(plan, null, 1)}\n`]);
  return plan;
}

const nothing = { width: 0, height: 0, pixels: 0 };

/** px, of the header; those of all images of a file that becomes several count together as `pixels`. */
async function sizeOf(listed: ListedImage, planes: PlaneChoice) {
  const opened = await openListed(listed, planes);
  try {
    const { width, height } = opened.images[0]!;
    const pixels = opened.images.reduce((sum, image) => sum + image.width * image.height, 0);
    return { width, height, pixels };
  } finally {
    await opened.close();
  }
}
