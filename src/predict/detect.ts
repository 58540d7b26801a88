import type { DetectorConfig } from '../config/detector.js';
import { resamplePixels } from '../data/augment/resample.js';
import type { Box } from '../data/boxes.js';
import type { Example } from '../data/example.js';
import { writePixels } from '../data/loader/pixels.js';
import { compile } from '../engine/compile.js';
import type { NamedTensors, RunnableStep } from '../engine/step.js';
import { buildDetector, type Detector } from '../models/detector/detector.js';
import { tf } from '../tf.js';
import { mergeTiles, planTiles, type Tile } from './tiles.js';

/** A nucleus that was found. */
export interface Detection {
  /** `xyxy`, px of the image, within it. */
  readonly box: Box;
  /** 0 to 1. */
  readonly score: number;
}

export interface Detections {
  /** The surest first. */
  readonly detections: readonly Detection[];
  /** Detections that the caps of the config left no room for. */
  readonly omitted: number;
}

/** Pixels to look at, with the range that is shown as black and white. */
export type DetectedImage = Pick<Example, 'image' | 'intensity'>;

export interface DetectorPredictorOptions {
  readonly config: Pick<DetectorConfig, 'loader' | 'model' | 'predict' | 'precision'>;
  readonly mode: 'compiled' | 'eager';
}

/**
 * Finds nuclei in images of any size, tile by tile. Owns a network, whose weights can be exchanged.
 */
export class DetectorPredictor {
  readonly #config: DetectorPredictorOptions['config'];
  readonly #detector: Detector;
  readonly #step: RunnableStep<NamedTensors, NamedTensors>;

  /** Starts with weights of no use; see {@link load}. */
  constructor({ config, mode }: DetectorPredictorOptions) {
    this.#config = config;
    const { tileSize: size } = config.predict;
    this.#detector = buildDetector(config.model, { size, seed: 1 });
    const inputs = { images: tf.zeros<tf.Rank.R4>([1, size, size, 3]) };
    const step = ({ images }: NamedTensors): NamedTensors => ({
      ...this.#detector.detect(images as tf.Tensor4D),
    });
    const state = this.#detector.weights.all;
    this.#step = compile(step, { inputs, state, mode, precision: config.precision });
    tf.dispose(inputs);
  }

  /**
   * Replaces weights, exact to the bit.
   *
   * @param weights By the names of the network's variables; not disposed.
   * @throws {RangeError} If a name is unknown or a shape differs.
   */
  load(weights: NamedTensors): void {
    this.#step.writeState(weights);
  }

  /**
   * Finds the nuclei of one image.
   *
   * @param zoom px of the network input for a pixel of the image; the one it was trained at unless given.
   */
  async detect(input: DetectedImage, zoom = this.#config.loader.zoom): Promise<Detections> {
    const { model, predict } = this.#config;
    const { tileSize, overlap } = predict;
    const alignment = Math.max(...model.levels.map(({ stride }) => stride));
    const tiles = planTiles(input.image, { tileSize, overlap, zoom, alignment });
    const found: Detection[][] = [];
    let omitted = 0;
    for (const tile of tiles) {
      const inTile = await this.#detectTile(input, tile, zoom);
      found.push(inTile.detections);
      omitted += inTile.omitted;
    }
    const margin = alignment / zoom / 2;
    const detections = mergeTiles(tiles, found, { iouThreshold: model.detections.iouThreshold, margin });
    return { detections: detections.sort((one, other) => other.score - one.score), omitted };
  }

  async #detectTile({ image, intensity }: DetectedImage, { window }: Tile, zoom: number) {
    const size = this.#config.predict.tileSize;
    const pixels = resamplePixels(image, intensity, {
      size,
      map: { xx: 1 / zoom, xy: 0, yx: 0, yy: 1 / zoom },
      from: { x: 0, y: 0 },
      to: { x: window.x, y: window.y },
    });
    const values = new Float32Array(size * size * 3);
    writePixels({ channels: image.channels, pixels }, values, 0);
    const images = tf.tensor4d(values, [1, size, size, 3]);
    const outputs = this.#step.run({ images });
    const [boxes, scores, valid, omitted] = await Promise.all(
      ['boxes', 'scores', 'valid', 'omitted'].map((name) => outputs[name]!.data<'float32'>()),
    );
    tf.dispose([images, outputs]);
    const detections: Detection[] = [];
    for (const [k, score] of scores!.entries()) {
      if (valid![k] === 0) continue;
      const box = clipBox(
        {
          x1: window.x + boxes![4 * k]! / zoom,
          y1: window.y + boxes![4 * k + 1]! / zoom,
          x2: window.x + boxes![4 * k + 2]! / zoom,
          y2: window.y + boxes![4 * k + 3]! / zoom,
        },
        image,
      );
      // What lies beside an image that is smaller than the tile is nothing.
      if (box.x2 - box.x1 > 0 && box.y2 - box.y1 > 0) detections.push({ box, score });
    }
    return { detections, omitted: omitted![0]! };
  }

  dispose(): void {
    this.#step.dispose();
    this.#detector.dispose();
  }
}

const clipBox = ({ x1, y1, x2, y2 }: Box, { width, height }: { width: number; height: number }): Box => ({
  x1: Math.min(Math.max(x1, 0), width),
  y1: Math.min(Math.max(y1, 0), height),
  x2: Math.min(Math.max(x2, 0), width),
  y2: Math.min(Math.max(y2, 0), height),
});
