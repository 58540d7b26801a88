/** What to look at next, and how far each of it is. */
import type { Rect } from '../../data/geometry/rect.js';
import { imagePart } from '../../data/image/image-part.js';
import { toEightBits } from '../../data/image/intensity.js';
import { readRegion } from '../../data/image/stored-image.js';
import { damagedLog, logEnding } from '../../data/read/annotations-folder.js';
import { modalityOf } from '../../data/split/modality.js';
import { greyOf } from '../../data/split/signature.js';
import type { Queue, QueueItem } from '../protocol/messages.js';
import { replay } from '../protocol/log.js';
import { areaOfRegions, withoutRegion } from '../protocol/regions.js';
import type { StateParts } from '../protocol/state.js';
import type { Assistant } from './assistant.js';
import { doubtOf } from './doubt.js';
import { readLogFile } from './log-file.js';
import {
  doubtfulOrder,
  drawControls,
  type PlannedItem,
  type QueuePlan,
  randomOrder,
  readQueuePlan,
  regionsOf,
  writeQueuePlan,
} from './queue-plan.js';
import type { OpenImage, Workplace } from './workplace.js';

export interface QueueOptions {
  readonly strategy: Queue['strategy'];
  /** px: see `QueuePlan`. */
  readonly regionSide: number | null;
  readonly seed: number;
  /** Called after each image that had to be looked at. */
  readonly onImage?: ((done: number, total: number) => void) | undefined;
}

/** How far an image is. */
type Progress = Pick<StateParts, 'seq' | 'reviewed' | 'skipped'>;

export class ImageQueue {
  readonly strategy: Queue['strategy'];
  readonly controls: ReadonlySet<string>;
  readonly #ordered: readonly { readonly item: PlannedItem; readonly chosen: QueueItem['chosen'] }[];
  readonly #indexOf: ReadonlyMap<string, number>;
  /** By index of the image. */
  readonly #progress = new Map<number, Progress>();

  private constructor(workplace: Workplace, plan: QueuePlan, { strategy }: QueueOptions) {
    this.strategy = strategy;
    this.controls = new Set(plan.controls);
    this.#indexOf = new Map(workplace.images.map(({ name, index }) => [name, index]));
    this.#ordered =
      strategy === 'doubtful'
        ? doubtfulOrder(plan.items, this.controls, plan.seed)
        : randomOrder(plan.items, plan.seed).map((item) => ({ item, chosen: 'random' as const }));
  }

  /**
   * Looks at the images that are new since the last time, and reads the logs.
   *
   * @param assistant Needed for doubts.
   * @throws {NucleateError} Exit code 3 for an image or a log that cannot be read, 8 if the queue cannot be kept.
   */
  static async open(
    workplace: Workplace,
    assistant: Assistant | undefined,
    options: QueueOptions,
  ): Promise<ImageQueue> {
    const plan = await planOf(workplace, options.strategy === 'doubtful' ? assistant : undefined, options);
    const queue = new ImageQueue(workplace, plan, options);
    for (const { index, stem } of workplace.images) {
      const file = stem + logEnding;
      const { events } = readLogFile(file);
      if (events.length === 0) continue;
      try {
        queue.note(index, replay(events, events[0]!));
      } catch (error) {
        throw damagedLog(file, error);
      }
    }
    return queue;
  }

  /** How far an image is by now. */
  note(index: number, { seq, reviewed, skipped }: Progress): void {
    this.#progress.set(index, { seq, reviewed, skipped });
  }

  /** Indices of the images of which something is reviewed. */
  get reviewed(): number[] {
    return [...this.#progress].filter(([, { reviewed }]) => reviewed.length > 0).map(([index]) => index);
  }

  list(): Queue {
    const items = this.#ordered.flatMap(({ item, chosen }): QueueItem[] => {
      const { name, width, height, region, stratum } = item;
      const image = this.#indexOf.get(name);
      if (image === undefined) return [];
      const state = stateOf(item, this.#progress.get(image));
      const isControl = this.controls.has(name);
      return [{ image, name, width, height, region, state, stratum, chosen, isControl }];
    });
    return { strategy: this.strategy, items };
  }
}

function stateOf({ width, height, region }: PlannedItem, progress: Progress | undefined): QueueItem['state'] {
  if (!progress || progress.seq === 0) return 'new';
  if (progress.skipped !== null) return 'skipped';
  const asked: Rect = region ?? { x: 0, y: 0, width, height };
  const missing = progress.reviewed.reduce((rest, hole) => withoutRegion(rest, hole), [asked]);
  return areaOfRegions(missing) === 0 ? 'reviewed' : 'started';
}

/** The plan of before with what is new; it is written if it has changed. */
async function planOf(
  workplace: Workplace,
  assistant: Assistant | undefined,
  { regionSide, seed, onImage = () => {} }: QueueOptions,
): Promise<QueuePlan> {
  const known = await readQueuePlan(workplace.annotations);
  const names = workplace.images.map(({ name }) => name);
  const controls = drawControls(names, known, known?.seed ?? seed);
  const fits = (item: PlannedItem) => (regionSide === null ? !item.region : isCutFor(item, regionSide));
  const kept = new Map<string, PlannedItem[]>();
  for (const item of known?.items ?? [])
    if (names.includes(item.name) && fits(item)) kept.set(item.name, [...(kept.get(item.name) ?? []), item]);
  const doubtsOf = assistant?.about.hash ?? known?.doubtsOf;
  const isOtherModel = doubtsOf !== known?.doubtsOf;
  const needsDoubt = (name: string) =>
    assistant &&
    !controls.includes(name) &&
    (isOtherModel || kept.get(name)?.some(({ doubt }) => doubt === undefined));
  const todo = workplace.images.filter(({ name }) => !kept.has(name) || needsDoubt(name));
  for (const [done, { index, name }] of todo.entries()) {
    const image = await workplace.open(index);
    const items = itemsOf(image, regionSide);
    kept.set(name, assistant && !controls.includes(name) ? await withDoubts(items, image, assistant) : items);
    onImage(done + 1, todo.length);
  }
  const plan: QueuePlan = {
    ...{ nucleate: 'queue', format: 1, seed: known?.seed ?? seed, regionSide, controls },
    ...(doubtsOf !== undefined && { doubtsOf }),
    items: names.flatMap((name) => kept.get(name)!),
  };
  if (!workplace.readOnly && JSON.stringify(plan) !== JSON.stringify(known))
    await writeQueuePlan(workplace.annotations, plan);
  return plan;
}

/** Whether an item is one of those that {@link itemsOf} makes. */
const isCutFor = ({ width, height, region }: PlannedItem, side: number): boolean =>
  Math.max(width, height) <= side
    ? !region
    : region !== undefined &&
      Math.max(region.width, region.height) <= side &&
      region.width === Math.min(side, width) &&
      region.height === Math.min(side, height);

function itemsOf({ name, pixels }: OpenImage, regionSide: number | null): PlannedItem[] {
  const { width, height } = pixels;
  const eight = toEightBits(pixels);
  const modality = modalityOf(eight);
  const stratum =
    modality === 'dim' || modality === 'dark'
      ? 'fluorescence'
      : modality === 'bright'
        ? 'brightfield'
        : 'stained';
  const item = (region?: Rect): PlannedItem => {
    const { x, y, width: w, height: h } = region ?? { x: 0, y: 0, width, height };
    const shown = readRegion(eight, { x1: x, y1: y, x2: x + w, y2: y + h });
    return { name, width, height, ...(region && { region }), stratum, contrast: deviationOf(greyOf(shown)) };
  };
  if (regionSide === null || Math.max(width, height) <= regionSide) return [item()];
  return regionsOf({ width, height }, regionSide).map(item);
}

function deviationOf(values: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.round(100 * Math.sqrt(Math.max(0, squares / values.length - mean * mean))) / 100;
}

async function withDoubts(
  items: readonly PlannedItem[],
  { stored, pixels }: OpenImage,
  assistant: Assistant,
): Promise<PlannedItem[]> {
  const doubts: PlannedItem[] = [];
  for (const item of items) {
    const { region = { x: 0, y: 0, width: pixels.width, height: pixels.height } } = item;
    const sight = await assistant.look(imagePart(stored, region));
    doubts.push({ ...item, doubt: doubtOf(sight, region, assistant.settings) });
  }
  return doubts;
}
