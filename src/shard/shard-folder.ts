/** The folder of one shard, `OUT/shards/I`: its results with their record, masks of regions, and `done.json` at the end. */
import path from 'node:path';
import { z } from 'zod';
import { exitCodes, NucleateError } from '../errors.js';
import { readPlainText } from '../plain-file.js';
import { writeWhole } from '../predict/formats/write-file.js';
import { outputFormatNames } from '../predict/formats/output-formats.js';
import { safeName } from '../data/files/safe-name.js';
import type { PlannedRegion } from './plan.js';

export const shardFolder = (out: string, shard: number): string => path.join(out, 'shards', String(shard));

const doneFile = (out: string, shard: number) => path.join(shardFolder(out, shard), 'done.json');

/** The file of the masks of a region, from the folder of its shard. */
export const masksFile = (name: string, { x, y }: Pick<PlannedRegion, 'x' | 'y'>): string =>
  `regions/${safeName(`${name}.${x}-${y}`)}.jsonl.gz`;

/** An image that will not be predicted, however often its shard is run. */
const FailedImage = z.object({
  /** In the plan. */
  name: z.string(),
  what: z.string(),
  where: z.string().optional(),
  hint: z.string().optional(),
});
export type FailedImage = z.output<typeof FailedImage>;

/** How a shard ended. */
const ShardDone = z.object({
  nucleate: z.literal('shard'),
  format: z.literal(1),
  /** SHA-256 of the plan. */
  plan: z.string(),
  shard: z.int(),
  /** GPU and CPU round differently: their masks differ by pixels. */
  device: z.string(),
  /** What the results were made with, as in the record of predictions. */
  settings: z.string(),
  madeWith: z.object({
    version: z.string(),
    model: z.object({ name: z.string(), sha256: z.string() }),
    options: z.record(z.string(), z.unknown()),
  }),
  /** Of `settings.json`. */
  used: z.unknown(),
  formats: z.array(z.enum(outputFormatNames as [(typeof outputFormatNames)[number]])),
  /** um of a pixel, in place of what images say. */
  pixelSize: z.number().nullable(),
  regions: z.array(z.object({ name: z.string(), file: z.string(), bytes: z.int(), sha256: z.string() })),
  failed: z.array(FailedImage),
});
export type ShardDone = z.output<typeof ShardDone>;

/** @throws {NucleateError} Exit code 8 if it cannot be written. */
export async function writeDone(out: string, done: Omit<ShardDone, 'nucleate' | 'format'>): Promise<void> {
  const text = `${JSON.stringify({ nucleate: 'shard', format: 1, ...done }, null, 1)}\n`;
  await writeWhole(doneFile(out, done.shard), [text]);
}

/**
 * How a shard ended.
 *
 * @param plan SHA-256 of the plan.
 * @returns Undefined if it has not ended with this plan.
 * @throws {NucleateError} Exit code 3 if the file is damaged.
 */
export async function readDone(out: string, shard: number, plan: string): Promise<ShardDone | undefined> {
  const place = doneFile(out, shard);
  const text = await readPlainText(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const done = ShardDone.parse(JSON.parse(text));
    return done.plan === plan && done.shard === shard ? done : undefined;
  } catch (cause) {
    throw new NucleateError(
      {
        what: 'The file that says how a shard ended is damaged.',
        where: place,
        hint: 'Delete it and run the shard again; results that are there are not made again.',
        exitCode: exitCodes.data,
      },
      { cause },
    );
  }
}
