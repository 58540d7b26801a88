import type { DetectionLoader, SegmentationLoader } from '../../config/loader.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { type Random, randomFor } from '../../random.js';
import { drawDetectionSample } from '../augment/detection-sample.js';
import { drawSegmentationSample } from '../augment/segmentation-sample.js';
import { type Box, boxAt } from '../geometry/box.js';
import { type Instances, measureInstances } from '../geometry/label-image.js';
import type { Example } from '../read/example.js';
import { type DetectionBatch, detectionBatch } from './detection-batch.js';
import { DrawOrder } from './order.js';
import { type SegmentationBatch, segmentationBatch } from './segmentation-batch.js';

interface CommonRecipe {
  readonly seed: number;
  /** At least one; for the segmenter with at least one nucleus. */
  readonly examples: readonly Example[];
}

/** Everything that a batch depends on except its cursor. Can be sent to a worker. */
export type Recipe =
  | (CommonRecipe & { readonly task: 'detection'; readonly loader: DetectionLoader })
  | (CommonRecipe & {
      readonly task: 'segmentation';
      readonly loader: SegmentationLoader;
      /** Boxes of a detector. Each replaces the jittered true box with this probability. */
      readonly detected?: { readonly probability: number; readonly boxes: DetectorBoxes };
    });

/**
 * By the ids of examples: `[N, 4]` `xyxy`, px of the image, row k for the nucleus k + 1; NaN where it was not found.
 */
export type DetectorBoxes = Readonly<Record<string, Float32Array>>;

/** The batches of a recipe. */
export type BatchOf<R extends Recipe> = R extends { task: 'detection' } ? DetectionBatch : SegmentationBatch;
export type Batch = BatchOf<Recipe>;

/** How many draws are an epoch: one per example for the detector, one per nucleus for the segmenter. */
export const drawsPerEpoch = (recipe: Recipe): number => itemsOf(recipe).length;

/** One thing that may be drawn: an example, or one nucleus of it. */
interface Item {
  /** Index of the example. */
  readonly index: number;
  /** 0 where the item is the whole example. */
  readonly label: number;
}

/** Makes any batch of a recipe. Every thread has one, and all of them make the same batches. */
export class BatchMaker {
  readonly #recipe: Recipe;
  readonly #items: readonly Item[];
  readonly #order: DrawOrder;
  /** By the index of the example; measured when it is first drawn. */
  readonly #instances = new Map<number, Instances>();

  /** @throws {NucleateError} Exit code 3 if there is nothing to draw. */
  constructor(recipe: Recipe) {
    this.#recipe = recipe;
    this.#items = itemsOf(recipe);
    if (this.#items.length === 0) throw nothingToDraw(recipe);
    const weights = new Map(recipe.loader.clusterWeights.map(({ cluster, weight }) => [cluster, weight]));
    const weightOf = ({ index }: Item) => weights.get(recipe.examples[index]!.cluster ?? '') ?? 1;
    this.#order = new DrawOrder(recipe.seed, this.#items.map(weightOf));
  }

  /** The ids of the examples of a batch, without making it. */
  idsAt(cursor: number): string[] {
    return this.#itemsAt(cursor).map(({ index }) => this.#recipe.examples[index]!.id);
  }

  /**
   * Makes the batch that begins with the draw `cursor`.
   *
   * @throws {Error} For a defect, such as a wrong `instanceCount`; the message names the example.
   */
  make(cursor: number): Batch {
    const { task, loader } = this.#recipe;
    const { cropSize: size, augment } = loader;
    const end = cursor + loader.batchSize;
    if (task === 'detection') {
      const crop = { size, zoom: loader.zoom };
      const drawn = this.#draw(cursor, (example, instances, random) => ({
        id: example.id,
        sample: drawDetectionSample(example, instances, crop, augment, random),
      }));
      return detectionBatch(drawn, loader, end);
    }
    const { detected } = this.#recipe;
    const drawn = this.#draw(cursor, (example, instances, random, label) => {
      const { id } = example;
      const box = detected && detectedBox(detected.boxes[id], label);
      const crop = {
        ...loader,
        size,
        ...(box && { detected: { box, probability: detected.probability } }),
      };
      return { id, label, ...drawSegmentationSample(example, instances, label, crop, augment, random) };
    });
    return segmentationBatch(drawn, loader, end);
  }

  #itemsAt(cursor: number): Item[] {
    const draws = Array.from({ length: this.#recipe.loader.batchSize }, (_, i) => cursor + i);
    return draws.map((draw) => this.#items[this.#order.itemAt(draw)]!);
  }

  /** Each draw has its own random stream, so it is the same in any batch and on any thread. */
  #draw<T>(
    cursor: number,
    drawOne: (example: Example, instances: Instances, random: Random, label: number) => T,
  ): T[] {
    return this.#itemsAt(cursor).map(({ index, label }, i) => {
      const example = this.#recipe.examples[index]!;
      try {
        const random = randomFor(this.#recipe.seed, 'augment', cursor + i);
        return drawOne(example, this.#instancesOf(index), random, label);
      } catch (cause) {
        throw new Error(`The example ${example.id} cannot be prepared: ${(cause as Error).message}`, {
          cause,
        });
      }
    });
  }

  /** @throws {RangeError} If `instanceCount` is not what the label image holds. */
  #instancesOf(index: number): Instances {
    const known = this.#instances.get(index);
    if (known) return known;
    const { labelImage, instanceCount } = this.#recipe.examples[index]!;
    const instances = measureInstances(labelImage, instanceCount);
    this.#instances.set(index, instances);
    return instances;
  }
}

function detectedBox(boxes: Float32Array | undefined, label: number): Box | undefined {
  const box = boxes && boxAt(boxes, label - 1);
  return box && !Number.isNaN(box.x1) ? box : undefined;
}

function itemsOf({ task, examples }: Recipe): Item[] {
  return examples.flatMap(({ instanceCount }, index) =>
    task === 'detection'
      ? [{ index, label: 0 }]
      : Array.from({ length: instanceCount }, (_, k) => ({ index, label: k + 1 })),
  );
}

const nothingToDraw = ({ task }: Recipe) =>
  new NucleateError({
    what: task === 'detection' ? 'The dataset has no image.' : 'The dataset has no nucleus.',
    hint: 'Check the path of the dataset and the split.',
    exitCode: exitCodes.data,
  });
