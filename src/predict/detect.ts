import type { Box } from '../data/geometry/box.js';
import type { Size } from '../data/geometry/rect.js';
import type { DetectorConfig } from '../config/detector.js';
import { applyMap, type Point } from '../data/geometry/linear-map.js';
import { resamplePixels } from '../data/image/resample.js';
import type { Image } from '../data/image/image.js';
import type { IntensityRange } from '../data/image/intensity.js';
import { networkChannels, writeNetworkPixels } from '../data/image/network-pixels.js';
import { paddingValues, type Pixels, readRegion } from '../data/image/stored-image.js';
import { runsAtOnce } from '../engine/lanes.js';
import type { NamedTensors } from '../engine/step.js';
import { buildDetector, type Detector } from '../models/detector/detector.js';
import { tf } from '../tf.js';
import { regionOf } from '../data/geometry/window.js';
import { detectViews, type TiledView, type TileDetections } from './detect-views.js';
import type { Detection, Detections } from './detection.js';
import { requireFiniteOutputs } from './finite-outputs.js';
import { type ForwardOptions, ForwardStep } from './forward-step.js';
import { mergeTiles, planTiles, type Tile } from './tiles.js';
import type { ScoredBoxes } from '../eval/sources/source.js';
import { plainView, type TtaView } from './tta.js';

export type { Detection, Detections } from './detection.js';

/** Detections in the form in which `nucleate eval` scores boxes, in their order. */
export const boxArrays = (detections: readonly Detection[]): ScoredBoxes => ({
  predBoxes: Float32Array.from(detections.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2])),
  scores: Float32Array.from(detections, ({ score }) => score),
});

/** An image to predict, with the values that the network sees as black and white. */
export interface DetectedImage {
  readonly image: Pixels;
  readonly intensity?: IntensityRange;
}

export interface DetectOptions {
  /** px of the network input for a px of the image; default: that of training. */
  readonly zoom?: number;
  /** At least one; default: the plain view. */
  readonly views?: readonly TtaView[];
  /** Only nuclei with their centres in it, px of the image; they are those of the whole image. */
  readonly region?: Box;
  /** Called after each tile with the fraction of the work that is done, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Called with the proposals of each tile that the detections are made from, highest-scoring first. */
  readonly onProposals?: (proposals: readonly Detection[]) => void;
}

/** Area of the largest tile as a multiple of `tiles.size` squared: at 512 px the process then takes a gigabyte of memory. */
const largestTile = 4;

const alignmentOf = ({ model }: Pick<DetectorConfig, 'model'>) =>
  Math.max(...model.levels.map(({ stride }) => stride));

interface AskedImage extends DetectedImage {
  /** Whether the proposals are asked for, too. */
  readonly withProposals?: boolean;
}

export interface DetectorPredictorOptions extends ForwardOptions {
  readonly config: Pick<DetectorConfig, 'loader' | 'model' | 'tiles' | 'precision'>;
}

/**
 * Finds nuclei in images of any size, tile by tile. Owns a network, whose weights can be exchanged.
 */
export class DetectorPredictor {
  readonly #config: DetectorPredictorOptions['config'];
  readonly #source: string | undefined;
  readonly #detector: Detector;
  readonly #step: ForwardStep;

  /** Of a tile, px² of the network input. A tile of more than half of it runs alone, so that two take no more memory. */
  get #maxArea(): number {
    return largestTile * this.#config.tiles.size ** 2;
  }

  /** @throws {NucleateError} Exit code 6 unless the weights are exactly those of the network. */
  constructor({ config, ...options }: DetectorPredictorOptions) {
    this.#config = config;
    this.#source = options.source;
    const { size } = config.tiles;
    this.#detector = buildDetector(config.model, { size, seed: null });
    // The other one is larger, so that there is room for more detections in it, too.
    const alignment = alignmentOf(config);
    const [inputs, otherInputs] = [
      [size, size] as const,
      [size + alignment, size + 2 * alignment] as const,
    ].map((sides) => ({ images: tf.zeros<tf.Rank.R4>([1, ...sides, networkChannels]) }));
    const step = ({ images }: NamedTensors): NamedTensors => ({
      ...this.#detector.detect(images as tf.Tensor4D),
    });
    const state = this.#detector.weights.all;
    const { precision } = config;
    this.#step = new ForwardStep(
      step,
      { name: 'detector', state, precision, inputs: inputs!, otherInputs: otherInputs! },
      options,
    );
  }

  /** See {@link ForwardStep.load}. */
  load(weights: NamedTensors): void {
    this.#step.load(weights);
  }

  /**
   * Finds the nuclei of one image. Several views are fused ({@link detectViews}).
   *
   * @throws {NucleateError} Exit code 5 if an output of the network is NaN or infinite.
   */
  detect(
    input: DetectedImage,
    { zoom, views = [plainView], region, onProgress, onProposals }: DetectOptions = {},
  ): Promise<Detections> {
    const asked: AskedImage = { ...input, withProposals: onProposals !== undefined };
    return detectViews(
      views.map((view) => this.tiled(asked, { view, ...(zoom !== undefined && { zoom }) })),
      { ...(region && { region }), ...(onProgress && { onProgress }), ...(onProposals && { onProposals }) },
    );
  }

  /**
   * The tiles in which it sees a view of an image.
   *
   * @param options.zoom px of the network input for a px of the image; default: that of training.
   */
  tiled(
    input: AskedImage,
    { view, zoom: plainZoom = this.#config.loader.zoom }: { readonly view: TtaView; readonly zoom?: number },
  ): TiledView {
    const { model, tiles: tiling } = this.#config;
    const { overlap } = tiling;
    const alignment = alignmentOf(this.#config);
    const maxArea = this.#maxArea;
    const zoom = plainZoom * view.scale;
    const turned = view.turn.xx === 0;
    const { tiles, tileSize } = planTiles(input.image, { maxArea, overlap, zoom, alignment });
    const networkSize = turned ? { width: tileSize.height, height: tileSize.width } : tileSize;
    const fill = paddingValues(input.image);
    const iouThreshold = model.detections.nmsThreshold;
    return {
      tiles,
      iouThreshold,
      detectTile: (tile) => this.#detectTile({ ...input, fill }, tile, networkSize, view, zoom),
      merge: (found) =>
        mergeTiles(tiles, found, { iouThreshold, margin: alignment / zoom / 2 }).sort(
          (one, other) => other.score - one.score,
        ),
    };
  }

  async #detectTile(
    { image, intensity, fill, withProposals }: AskedImage & { readonly fill: Float64Array },
    { shown }: Tile,
    size: Size,
    { turn, inverted }: TtaView,
    zoom: number,
  ): Promise<TileDetections> {
    const box = regionOf(shown, image);
    const region = readRegion(image, box);
    // An area of one colour has no nuclei; large scans are mostly empty.
    if (isPlain(region)) return { detections: [], omitted: 0 };
    const map = { xx: turn.xx / zoom, xy: turn.xy / zoom, yx: turn.yx / zoom, yy: turn.yy / zoom };
    const centre = { x: size.width / 2, y: size.height / 2 };
    const middle = { x: (shown.x1 + shown.x2) / 2, y: (shown.y1 + shown.y2) / 2 };
    const pixels = resamplePixels(
      region,
      intensity,
      {
        ...{ size: size.width, rows: size.height, map, from: centre },
        to: { x: middle.x - box.x1, y: middle.y - box.y1 },
      },
      fill,
    );
    if (inverted) for (let i = 0; i < pixels.length; i++) pixels[i] = 1 - pixels[i]!;
    const values = new Float32Array(size.width * size.height * networkChannels);
    writeNetworkPixels({ channels: image.channels, pixels }, values, 0);
    const images = tf.tensor4d(values, [1, size.height, size.width, networkChannels]);
    const lanes = Math.ceil((size.width * size.height * runsAtOnce) / this.#maxArea);
    const outputs = await this.#step.run({ images }, lanes);
    const read = async (names: readonly string[]) =>
      Promise.all(names.map((name) => outputs[name]!.data<'float32'>()));
    const [sum, boxes, scores, omitted] = await read(['outputSum', 'boxes', 'scores', 'omitted']);
    const [proposals, proposalScores] = withProposals ? await read(['proposals', 'proposalScores']) : [];
    tf.dispose([images, outputs]);
    requireFiniteOutputs(sum!, { network: 'detector', source: this.#source });
    /** A point of the tile, px of the network input, in the image. */
    const inImage = (x: number, y: number): Point => {
      const step = applyMap(map, { x: x - centre.x, y: y - centre.y });
      return { x: middle.x + step.x, y: middle.y + step.y };
    };
    const listed = (boxes: Float32Array, scores: Float32Array): Detection[] =>
      [...scores].flatMap((score, k) => {
        const corner = inImage(boxes[4 * k]!, boxes[4 * k + 1]!);
        const opposite = inImage(boxes[4 * k + 2]!, boxes[4 * k + 3]!);
        const found = clipBox(boxBetween(corner, opposite), image);
        // Rows of padding have empty boxes; boxes outside an image smaller than the tile are dropped.
        return found.x2 - found.x1 > 0 && found.y2 - found.y1 > 0 ? [{ box: found, score }] : [];
      });
    return {
      ...{ detections: listed(boxes!, scores!), omitted: omitted![0]! },
      ...(proposals && { proposals: listed(proposals, proposalScores!) }),
    };
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

const boxBetween = (one: Point, other: Point): Box => ({
  x1: Math.min(one.x, other.x),
  y1: Math.min(one.y, other.y),
  x2: Math.max(one.x, other.x),
  y2: Math.max(one.y, other.y),
});

/** Whether all pixels have the colour of the first. */
function isPlain({ data, channels }: Image): boolean {
  for (let i = channels; i < data.length; i++) if (data[i] !== data[i - channels]) return false;
  return true;
}
