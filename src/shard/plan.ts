/** The plan of a prediction in shards: `plan.json`, which images and regions there are, and which shard has which. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { exitCodes, NucleateError } from '../errors.js';
import { readPlainFile } from '../plain-file.js';

/** Shards count from 0, as the indices of array jobs do. */
const ShardNumber = z.int().min(0);

/** px of the image, half-open together with its neighbours: each pixel is in one region. */
const Region = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  width: z.int().min(1),
  height: z.int().min(1),
  shard: ShardNumber,
});

const PlannedImage = z.strictObject({
  /** Of its outputs, unique. */
  name: z.string().min(1),
  /** In its dataset. */
  id: z.string().optional(),
  /** Its path from the folder of the plan; `set.zip!/a.png` within a file. */
  file: z.string(),
  /** Whether it lies within a file, so that `paths` have to be listed again to read it. */
  inside: z.literal(true).optional(),
  /** Of the file, or of the pixels within one; null if it could not be read. */
  sha256: z.hash('sha256').nullable(),
  /** px of all images that it becomes, which decides how shards are filled; 0 if its header cannot be read. */
  pixels: z.int().min(0),
  /** For an image that is predicted whole. */
  shard: ShardNumber.optional(),
  /** For one that is cut into regions, and its size, px. */
  cut: z
    .strictObject({ width: z.int().min(1), height: z.int().min(1), regions: z.array(Region).min(1) })
    .optional(),
});

const Plan = z.strictObject({
  nucleate: z.literal('plan'),
  format: z.literal(1),
  shards: z.int().min(1),
  /** What the user named, from the folder of the plan. */
  paths: z.array(z.string()).min(1),
  channel: z.array(z.string()),
  plane: z.array(z.string()),
  images: z.array(PlannedImage).min(1),
});

export type Plan = z.output<typeof Plan>;
export type PlannedImage = z.output<typeof PlannedImage>;
export type PlannedRegion = z.output<typeof Region>;

/** A plan that was read. */
export interface StoredPlan extends Plan {
  /** Its file. */
  readonly place: string;
  /** Of the file: shards of different plans do not go together. */
  readonly sha256: string;
}

/**
 * Reads a plan.
 *
 * @throws {NucleateError} Exit code 2 if it is none, or is damaged.
 */
export async function readShardPlan(place: string): Promise<StoredPlan> {
  const wrong = (what: string, cause?: unknown) =>
    new NucleateError(
      {
        what,
        where: place,
        hint: 'Name a file written by `nucleate shard plan`.',
        exitCode: exitCodes.usage,
      },
      { cause },
    );
  const bytes = await readPlainFile(place).catch((cause: Error) => {
    throw wrong(`The plan cannot be read: ${cause.message}.`, cause);
  });
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw wrong('The file is not JSON.', cause);
  }
  const { data, error } = Plan.safeParse(json);
  if (!data) throw wrong(`The file is no plan: ${z.prettifyError(error).split('\n')[0]}.`);
  const shards = data.images.flatMap(({ shard, cut }) => [
    ...(shard === undefined ? [] : [shard]),
    ...(cut?.regions ?? []).map((region) => region.shard),
  ]);
  if (shards.some((shard) => shard >= data.shards))
    throw wrong(`The plan has ${data.shards} shards, and an image in a later one.`);
  return { ...data, place, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The path of an image of a plan, from the working folder or absolute, as the plan's own is. */
export const fromPlan = ({ place }: Pick<StoredPlan, 'place'>, file: string): string =>
  path.join(path.dirname(place), file);
