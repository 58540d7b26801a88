import { type Box, boxAt } from '../geometry/box.js';
import type { DetectionLoader, SegmentationLoader } from '../../config/loader.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { type Random, randomFor } from '../../random.js';
import { drawDetectionSample } from '../augment/detection-sample.js';
import { drawSegmentationSample } from '../augment/segmentation-sample.js';
import { type DetectionBatch, detectionBatch } from './detection-batch.js';
import { DrawOrder } from './order.js';
import { type SegmentationBatch, segmentationBatch } from './segmentation-batch.js';
import { type LoadedSource, type Source, SourceReader } from './source.js';

interface Drawn {
  readonly seed: number;
  /** At least one; for the segmenter with at least one nucleus. */
  readonly sources: readonly Source[];
}

/** All that a batch depends on besides its cursor; survives the way to a worker. */
export type Recipe =
  | (Drawn & { readonly task: 'detection'; readonly loader: DetectionLoader })
  | (Drawn & {
      readonly task: 'segmentation';
      readonly loader: SegmentationLoader;
      /** A detector's boxes, which take the place of jittered true ones with a probability of `share`. */
      readonly detected?: { readonly share: number; readonly boxes: DetectorBoxes };
    });

/**
 * By the ids of examples: `[N, 4]` `xyxy`, px of the image, row k for the nucleus k + 1; NaN where it was not found.
 */
export type DetectorBoxes = Readonly<Record<string, Float32Array>>;

/** The batches of a recipe. */
export type BatchOf<R extends Recipe> = R extends { task: 'detection' } ? DetectionBatch : SegmentationBatch;
export type Batch = BatchOf<Recipe>;

/** How many draws are an epoch: the examples for the detector, all their nuclei for the segmenter. */
export const drawsPerEpoch = (recipe: Recipe): number => itemsOf(recipe).length;

/** One thing that may be drawn: an example, or one nucleus of it. */
interface Item {
  readonly source: number;
  /** 0 where the item is the whole example. */
  readonly label: number;
}

/** Makes any batch of a recipe; every thread has one, and all make the same. */
export class BatchMaker {
  readonly #recipe: Recipe;
  readonly #items: readonly Item[];
  readonly #order: DrawOrder;
  readonly #reader: SourceReader;

  /** @throws {NucleateError} Exit code 3 if there is nothing to draw. */
  constructor(recipe: Recipe) {
    this.#recipe = recipe;
    this.#items = itemsOf(recipe);
    if (this.#items.length === 0) throw nothingToDraw(recipe);
    const weights = new Map(recipe.loader.clusterWeights.map(({ cluster, weight }) => [cluster, weight]));
    const weightOf = ({ source }: Item) => weights.get(recipe.sources[source]!.cluster ?? '') ?? 1;
    this.#order = new DrawOrder(recipe.seed, this.#items.map(weightOf));
    this.#reader = new SourceReader(recipe.sources);
  }

  /** The examples of a batch, without making it. */
  idsAt(cursor: number): string[] {
    return this.#itemsAt(cursor).map(({ source }) => this.#recipe.sources[source]!.id);
  }

  /**
   * Makes the batch that begins with the draw `cursor`.
   *
   * @throws {NucleateError} Exit code 3 if an image cannot be read. Any error names the example.
   */
  async make(cursor: number): Promise<Batch> {
    const { task, loader } = this.#recipe;
    const { cropSize: size, augment } = loader;
    const end = cursor + loader.batchSize;
    if (task === 'detection') {
      const crop = { size, zoom: loader.zoom };
      const drawn = await this.#draw(cursor, ({ example, instances }, random) => ({
        id: example.id,
        sample: drawDetectionSample(example, instances, crop, augment, random),
      }));
      return detectionBatch(drawn, loader, end);
    }
    const { detected } = this.#recipe;
    const drawn = await this.#draw(cursor, ({ example, instances }, random, label) => {
      const box = detectedBox(detected?.boxes[example.id], label);
      const crop = { ...loader, size, ...(detected && box && { detected: { box, share: detected.share } }) };
      const { id } = example;
      return { id, label, ...drawSegmentationSample(example, instances, label, crop, augment, random) };
    });
    return segmentationBatch(drawn, loader, end);
  }

  #itemsAt(cursor: number): Item[] {
    const draws = Array.from({ length: this.#recipe.loader.batchSize }, (_, i) => cursor + i);
    return draws.map((draw) => this.#items[this.#order.itemAt(draw)]!);
  }

  /** A draw has a random stream of its own, so it comes out alike in any batch and on any thread. */
  async #draw<T>(
    cursor: number,
    drawOne: (source: LoadedSource, random: Random, label: number) => T,
  ): Promise<T[]> {
    const drawn: T[] = [];
    for (const [i, { source, label }] of this.#itemsAt(cursor).entries()) {
      try {
        const random = randomFor(this.#recipe.seed, 'augment', cursor + i);
        drawn.push(drawOne(await this.#reader.read(source), random, label));
      } catch (cause) {
        if (cause instanceof NucleateError) throw cause;
        const { id } = this.#recipe.sources[source]!;
        throw new Error(`The example ${id} cannot be prepared: ${(cause as Error).message}`, { cause });
      }
    }
    return drawn;
  }
}

function detectedBox(boxes: Float32Array | undefined, label: number): Box | undefined {
  const box = boxes && boxAt(boxes, label - 1);
  return box && !Number.isNaN(box.x1) ? box : undefined;
}

function itemsOf({ task, sources }: Recipe): Item[] {
  return sources.flatMap(({ instanceCount }, source) =>
    task === 'detection'
      ? [{ source, label: 0 }]
      : Array.from({ length: instanceCount }, (_, k) => ({ source, label: k + 1 })),
  );
}

const nothingToDraw = ({ task }: Recipe) =>
  new NucleateError({
    what: task === 'detection' ? 'The dataset has no image.' : 'The dataset has no nucleus.',
    hint: 'Check the path of the data and the split.',
    exitCode: exitCodes.data,
  });
