import { setImmediate } from 'node:timers/promises';
import { boxAt } from '../data/geometry/box.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import { resamplePixels } from '../data/image/resample.js';
import { networkChannels, writeNetworkPixels } from '../data/image/network-pixels.js';
import { paddingValues, readRegion } from '../data/image/stored-image.js';
import { runsAtOnce } from '../engine/lanes.js';
import type { NamedTensors } from '../engine/step.js';
import { networkCrops } from '../models/segmenter/crops.js';
import { buildSegmenter, pixelClasses } from '../models/segmenter/network.js';
import { weightsOf } from '../models/weights.js';
import { mapConcurrently } from '../map-concurrently.js';
import { tf } from '../tf.js';
import type { DetectedImage } from './detect.js';
import { cropWindow, regionOf, type Window, windowBox } from '../data/geometry/window.js';
import type { RectMap, Size } from '../data/geometry/rect.js';
import { requireFiniteOutputs } from './finite-outputs.js';
import { type ForwardOptions, ForwardStep } from './forward-step.js';
import { pasteMap } from './assemble/paste-map.js';

/** The segmenter's output for one box. */
export interface SegmentedCrop extends Window {
  /** S, side of the maps in px of the crop. */
  readonly size: number;
  /** `[S, S]`, probability that a pixel belongs to the nucleus of the box. */
  readonly body: Float32Array;
  /** `[S, S]`, probability that a pixel belongs to its border, see `target.border`. */
  readonly border: Float32Array;
}

/** The body map of a crop in the pixels of the image, see {@link pasteMap}. */
export function pasteBody({ x, y, side, size, body }: SegmentedCrop, image: Size): RectMap<Float32Array> {
  return pasteMap(body, size, { x, y, side }, image);
}

/** An image to segment, with the values that the network sees as black and white. */
export type SegmentedImage = DetectedImage;

export interface SegmenterPredictorOptions extends ForwardOptions {
  readonly config: Pick<SegmenterConfig, 'loader' | 'model' | 'inference' | 'precision'>;
}

/**
 * Cuts out nuclei by their boxes. Owns a network, whose weights can be exchanged; a crop gives the same maps whatever
 * else is in its batch.
 */
export class SegmenterPredictor {
  readonly #config: SegmenterPredictorOptions['config'];
  readonly #source: string | undefined;
  readonly #network: tf.LayersModel;
  readonly #step: ForwardStep;

  /** @throws {NucleateError} Exit code 6 unless the weights are exactly those of the network. */
  constructor({ config, ...options }: SegmenterPredictorOptions) {
    this.#config = config;
    this.#source = options.source;
    const { loader, model, inference, precision } = config;
    const { cropSize: size } = loader;
    this.#network = buildSegmenter({ ...model, size, seed: null });
    const inputs = emptyBatch(inference.batchSize, size);
    const otherInputs = emptyBatch(inference.batchSize + batchStep, size);
    const step = ({ images, boxes }: NamedTensors) => ({
      probabilities: tf.tidy(() => this.#probabilities(images as tf.Tensor4D, boxes as tf.Tensor2D)),
    });
    const state = weightsOf(this.#network).all;
    this.#step = new ForwardStep(step, { name: 'segmenter', state, precision, inputs, otherInputs }, options);
  }

  /** @returns `[N, S, S, C]`, C = {@link pixelClasses}. */
  #probabilities(images: tf.Tensor4D, boxes: tf.Tensor2D): tf.Tensor4D {
    const { model, inference } = this.#config;
    const crops = networkCrops(images, boxes, model);
    const predictOne = (axes: number[]) => {
      const logits = this.#network.apply(flipped(crops, axes)) as tf.Tensor4D;
      return flipped(tf.softmax(logits), axes);
    };
    const views = (inference.tta ? flips : flips.slice(0, 1)).map(predictOne);
    return tf.addN<tf.Tensor4D>(views).div(views.length);
  }

  /** See {@link ForwardStep.load}. */
  load(weights: NamedTensors): void {
    this.#step.load(weights);
  }

  /**
   * Segments boxes of one image.
   *
   * @param boxes `[K, 4]` `xyxy`, px of the image; may reach beyond it.
   * @returns K crops in the order of the boxes.
   * @throws {NucleateError} Exit code 5 if an output of the network is NaN or infinite.
   */
  async segment(image: SegmentedImage, boxes: Float32Array): Promise<SegmentedCrop[]> {
    const requests = Array.from({ length: boxes.length / 4 }, (_, k) => ({ image, box: boxAt(boxes, k) }));
    const crops: SegmentedCrop[] = [];
    for await (const crop of this.segmentAll(requests)) crops.push(crop);
    return crops;
  }

  /** The same for boxes of any images, so that batches are full; in their order. */
  async *segmentAll(requests: Iterable<SegmentRequest>): AsyncGenerator<SegmentedCrop> {
    const batches = inBatches(requests, this.#config.inference.batchSize);
    for await (const crops of mapConcurrently(batches, runsAtOnce, (batch) => this.#segmentBatch(batch)))
      yield* crops;
  }

  /** @param requests At most a batch. */
  async #segmentBatch(requests: readonly SegmentRequest[]): Promise<SegmentedCrop[]> {
    const { loader, inference } = this.#config;
    const size = loader.cropSize;
    const count = Math.min(inference.batchSize, batchStep * Math.ceil(requests.length / batchStep));
    const images = new Float32Array(count * size * size * networkChannels);
    const boxes = new Float32Array(count * 4);
    const shown = new Set(requests.map(({ image: { image } }) => image));
    const fills = new Map([...shown].map((image) => [image, paddingValues(image)]));
    const windows = requests.map(({ image, box }, row) => {
      const window = cropWindow(box, loader);
      writeCrop(
        image,
        window,
        { size, fill: fills.get(image.image)! },
        images.subarray(row * size * size * networkChannels),
      );
      const scale = size / window.side;
      const corners = [box.x1 - window.x, box.y1 - window.y, box.x2 - window.x, box.y2 - window.y];
      boxes.set(
        corners.map((corner) => corner * scale),
        row * 4,
      );
      return window;
    });
    const inputs = {
      images: tf.tensor4d(images, [count, size, size, networkChannels]),
      boxes: tf.tensor2d(boxes, [count, 4]),
    };
    const { probabilities } = (await this.#step.run(inputs)) as { probabilities: tf.Tensor4D };
    const values = await probabilities.data<'float32'>();
    tf.dispose([inputs, probabilities]);
    const used = values.subarray(0, requests.length * size * size * pixelClasses.length);
    requireFiniteOutputs(used, { network: 'segmenter', source: this.#source });
    // Lets signal handlers and the progress display run; reading a tensor does not.
    await setImmediate();
    return windows.map((window, row) => ({
      ...window,
      size,
      body: mapOf(values, row, size, 'body'),
      border: mapOf(values, row, size, 'border'),
    }));
  }

  dispose(): void {
    this.#step.dispose();
    this.#network.dispose();
  }
}

function* inBatches<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Crops: the last batch of an image is filled up to a multiple of it, since each size is recorded once. */
const batchStep = 8;

export interface SegmentRequest {
  readonly image: SegmentedImage;
  /** px of the image. */
  readonly box: Parameters<typeof cropWindow>[0];
}

/** Axes of `[N, S, S, C]` that are flipped in each view of a crop; the plain view first. */
const flips: readonly number[][] = [[], [2], [1], [1, 2]];

const flipped = (x: tf.Tensor4D, axes: number[]): tf.Tensor4D =>
  axes.length === 0 ? x : tf.reverse(x, axes);

function mapOf(
  values: Float32Array,
  row: number,
  size: number,
  name: (typeof pixelClasses)[number],
): Float32Array {
  const map = new Float32Array(size * size);
  const channel = pixelClasses.indexOf(name);
  const classes = pixelClasses.length;
  for (let i = 0, at = row * map.length * classes + channel; i < map.length; i++, at += classes)
    map[i] = values[at]!;
  return map;
}

const emptyBatch = (batchSize: number, size: number) => ({
  images: tf.zeros<tf.Rank.R4>([batchSize, size, size, networkChannels]),
  boxes: tf.zeros<tf.Rank.R2>([batchSize, 4]),
});

/** Resamples the window like the loader without augmentation. */
function writeCrop(
  { image, intensity }: SegmentedImage,
  { x, y, side }: Window,
  { size, fill }: { readonly size: number; readonly fill: Float64Array },
  target: Float32Array,
): void {
  const step = side / size;
  const box = regionOf(windowBox({ x, y, side }), image);
  const view = {
    size,
    map: { xx: step, xy: 0, yx: 0, yy: step },
    from: { x: size / 2, y: size / 2 },
    to: { x: x + side / 2 - box.x1, y: y + side / 2 - box.y1 },
  };
  const pixels = resamplePixels(readRegion(image, box), intensity, view, fill);
  writeNetworkPixels({ channels: image.channels, pixels }, target, 0);
}
