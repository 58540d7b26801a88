/** In which order images are looked at, and which of them measure the model. Kept in `annotations/queue.json`. */
import path from 'node:path';
import { z } from 'zod';
import type { Rect, Size } from '../../data/geometry/rect.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { readPlainText } from '../../plain-file.js';
import { randomFor } from '../../random.js';
import { replaceSynced, writeError } from '../../run/durable-files.js';

/** Kinds of images that are taken in turn. */
const strata = ['fluorescence', 'stained', 'brightfield'] as const;

const whole = z.int().min(0);

const PlannedItem = z.strictObject({
  /** Of the image: its path below the folder. */
  name: z.string(),
  width: z.int().min(1),
  height: z.int().min(1),
  /** Absent: the whole image. */
  region: z.strictObject({ x: whole, y: whole, width: z.int().min(1), height: z.int().min(1) }).optional(),
  stratum: z.enum(strata),
  /** How much there is to see: the standard deviation of the grey values, of 255. */
  contrast: z.number().min(0),
  /** How unsure the model is of it; absent where nobody has asked. */
  doubt: z.number().optional(),
});

export type PlannedItem = z.output<typeof PlannedItem>;

export const QueuePlan = z.strictObject({
  nucleate: z.literal('queue'),
  format: z.literal(1),
  seed: z.int().min(1),
  /** px: larger images are cut into regions with at most this side; null for whole images. */
  regionSide: z.int().min(1).nullable(),
  items: z.array(PlannedItem),
  /** SHA-256 of the model whose doubts are kept; absent without doubts. */
  doubtsOf: z.string().optional(),
  /** Names of the images that measure the model: never proposed on, and never learnt from. */
  controls: z.array(z.string()),
});

export type QueuePlan = z.output<typeof QueuePlan>;

/** Of the images: enough to see a change, and few enough to leave most to learn from. */
const controlShare = 0.2;

/** Fewer images than this are all learnt from, as in a fine-tuning. */
const leastImages = 4;

/** The images that measure the model: those that are already, and a fifth of the new ones; one at least of four images. */
export function drawControls(names: readonly string[], known: QueuePlan | undefined, seed: number): string[] {
  const old = new Set(known?.items.map(({ name }) => name));
  const kept = (known?.controls ?? []).filter((name) => names.includes(name));
  if (names.length < leastImages) return kept;
  const drawn = names
    .filter((name) => !old.has(name))
    .map((name) => ({ name, draw: randomFor(seed, 'control', name).uniform() }))
    .sort((one, other) => one.draw - other.draw);
  const count = Math.max(kept.length === 0 ? 1 : 0, Math.round(controlShare * drawn.length));
  return [...kept, ...drawn.slice(0, count).map(({ name }) => name)];
}

/** An image in squares of at most `side` px, row by row; the last ones of a row or column are moved inwards to be whole. */
export function regionsOf({ width, height }: Size, side: number): Rect[] {
  const starts = (length: number) => {
    const count = Math.ceil(length / side);
    return Array.from({ length: count }, (_, index) => Math.min(index * side, Math.max(0, length - side)));
  };
  return starts(height).flatMap((y) =>
    starts(width).map((x) => ({ x, y, width: Math.min(side, width), height: Math.min(side, height) })),
  );
}

/**
 * Random, but those with more to see sooner, and one kind of images after the other: each item gets a number by the method
 * of Efraimidis and Spirakis (2006) for weighted drawing without replacement, with its contrast as the weight.
 */
export function randomOrder(items: readonly PlannedItem[], seed: number): PlannedItem[] {
  const keyed = items.map((item) => {
    const place = [item.name, item.region?.x ?? 0, item.region?.y ?? 0].join(' ');
    const draw = randomFor(seed, 'order', place).uniform();
    return { item, key: Math.log(Math.max(draw, Number.MIN_VALUE)) / (item.contrast + 1) };
  });
  keyed.sort((one, other) => other.key - one.key);
  const rows = strata.map((stratum) => keyed.filter(({ item }) => item.stratum === stratum));
  return keyed.map((_, turn) => rows.flatMap((row) => row[turn]?.item ?? [])).flat();
}

/** Of the places in the queue of doubtful images: every fifth is drawn at random, so that no kind is never seen. */
const randomEvery = 5;

/** The most doubtful first, with a fifth at random; items that measure the model, and those without a doubt, only by chance. */
export function doubtfulOrder(
  items: readonly PlannedItem[],
  controls: ReadonlySet<string>,
  seed: number,
): { readonly item: PlannedItem; readonly chosen: 'random' | 'doubtful' }[] {
  const doubtful = items
    .filter(({ name, doubt }) => doubt !== undefined && !controls.has(name))
    .sort((one, other) => other.doubt! - one.doubt!);
  const random = randomOrder(items, seed);
  const taken = new Set<PlannedItem>();
  const next = (list: PlannedItem[]) => {
    while (list.length > 0) {
      const item = list.shift()!;
      if (taken.has(item)) continue;
      taken.add(item);
      return item;
    }
    return undefined;
  };
  const ordered: { item: PlannedItem; chosen: 'random' | 'doubtful' }[] = [];
  while (taken.size < items.length) {
    const isRandom = (ordered.length + 1) % randomEvery === 0;
    const item = isRandom ? undefined : next(doubtful);
    if (item) ordered.push({ item, chosen: 'doubtful' });
    else ordered.push({ item: next(random)!, chosen: 'random' });
  }
  return ordered;
}

const fileIn = (annotations: string) => path.join(annotations, 'queue.json');

/** @throws {NucleateError} Exit code 3 for a file that is no queue. */
export async function readQueuePlan(annotations: string): Promise<QueuePlan | undefined> {
  const file = fileIn(annotations);
  const text = await readPlainText(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw broken(file, error.message, error);
  });
  if (text === undefined) return undefined;
  try {
    return QueuePlan.parse(JSON.parse(text));
  } catch (cause) {
    throw broken(file, 'it is not one that nucleate wrote', cause);
  }
}

/** @throws {NucleateError} Exit code 8 if it cannot be written. */
export async function writeQueuePlan(annotations: string, plan: QueuePlan): Promise<void> {
  const file = fileIn(annotations);
  await replaceSynced(file, `${JSON.stringify(plan, null, 1)}\n`).catch((error: unknown) => {
    throw writeError(error, file);
  });
}

const broken = (where: string, why: string, cause: unknown) =>
  new NucleateError(
    {
      what: `The queue cannot be read: ${why}.`,
      where,
      hint: 'It says which images measure the model: bring it back from a copy.',
      exitCode: exitCodes.data,
    },
    { cause },
  );
