/**
 * Finds nuclei with exported networks: what `nucleate predict` does, without nucleate's own layers and without native
 * operations. Between the networks run the same functions as there.
 */
import type { DetectorConfig } from '../../src/config/detector.js';
import type { SegmenterConfig } from '../../src/config/segmenter.js';
import { channelMedians } from '../../src/data/image/channel-medians.js';
import type { Image } from '../../src/data/image/image.js';
import { type IntensityRange, shownRange } from '../../src/data/image/intensity.js';
import { networkChannels, writeNetworkPixels } from '../../src/data/image/network-pixels.js';
import { type CropView, resamplePixels } from '../../src/data/image/resample.js';
import type { Box } from '../../src/data/geometry/box.js';
import { cropWindow } from '../../src/data/geometry/window.js';
import { regressionOf } from '../../src/models/detector/detector.js';
import { makeDetections } from '../../src/models/detector/detections.js';
import { makeProposals } from '../../src/models/detector/proposals.js';
import { networkCrops } from '../../src/models/segmenter/crops.js';
import { pixelClasses } from '../../src/models/segmenter/network.js';
import { roiAlignInference } from '../../src/ops/roi-align-inference.js';
import { assembleInstances } from '../../src/predict/assemble/assemble.js';
import type { Candidate } from '../../src/predict/assemble/candidate.js';
import type { Segmentation } from '../../src/predict/assemble/segmentation.js';
import { mergeTiles, planTiles, type Tile } from '../../src/predict/tiles.js';
import { usualZoom } from '../../src/predict/usual-zoom.js';
import { tf } from '../../src/tf.js';
import type { ExportedModel } from './exported-model.js';

interface Found {
  /** `xyxy`, px of the image. */
  readonly box: Box;
  readonly score: number;
}

/** Called with what is done, 0 to 1; the page is drawn before it goes on. */
type OnProgress = (fraction: number) => Promise<void>;

/** Crops that the segmenter sees at once. */
const batchSize = 8;

export async function findNuclei(
  model: ExportedModel,
  image: Image,
  onProgress: OnProgress,
): Promise<Segmentation> {
  const shown = showTo(model.detector, image);
  const detections = await detect(model, shown, (fraction) => onProgress(fraction / 2));
  const kept = detections.filter(({ score }) => score >= model.assemble.scoreThreshold);
  const crops = showTo(model.segmenter, image);
  const candidates: Candidate[] = [];
  for (let at = 0; at < kept.length; at += batchSize) {
    candidates.push(...(await segment(model, crops, kept.slice(at, at + batchSize))));
    await onProgress(0.5 + candidates.length / kept.length / 2);
  }
  return assembleInstances(image, candidates, model.assemble);
}

/** An image, with the values that a network sees as black and white, and those outside of it. */
interface Shown {
  readonly image: Image;
  readonly intensity: IntensityRange | undefined;
  readonly padding: Float64Array;
}

const showTo = ({ data }: DetectorConfig | SegmenterConfig, image: Image): Shown => ({
  image,
  intensity: shownRange(image, data.intensity),
  padding: channelMedians(image),
});

/** The input of a network: a part of an image, `[rows, size, 3]`. */
function pixelsOf({ image, intensity, padding }: Shown, view: CropView): Float32Array {
  const pixels = resamplePixels(image, intensity, view, padding);
  const values = new Float32Array((pixels.length / image.channels) * networkChannels);
  writeNetworkPixels({ channels: image.channels, pixels }, values, 0);
  return values;
}

async function detect(model: ExportedModel, shown: Shown, onProgress: OnProgress): Promise<Found[]> {
  const { tiles: tiling, model: network } = model.detector;
  const zoom = usualZoom(shown, model.detector, model.predict);
  const alignment = Math.max(...network.levels.map(({ stride }) => stride));
  const { tiles, tileSize } = planTiles(shown.image, {
    maxArea: tiling.size ** 2,
    overlap: tiling.overlap,
    zoom,
    alignment,
  });
  const found: Found[][] = [];
  for (const tile of tiles) {
    found.push(await detectTile(model, { shown, zoom }, tile, tileSize));
    await onProgress(found.length / tiles.length);
  }
  const iouThreshold = network.detections.nmsThreshold;
  return mergeTiles(tiles, found, { iouThreshold, margin: alignment / zoom / 2 });
}

async function detectTile(
  { detector, layers }: ExportedModel,
  { shown: input, zoom }: { readonly shown: Shown; readonly zoom: number },
  { shown }: Tile,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Found[]> {
  const values = pixelsOf(input, {
    ...{ size: width, rows: height, map: { xx: 1 / zoom, xy: 0, yx: 0, yy: 1 / zoom } },
    from: { x: width / 2, y: height / 2 },
    to: { x: (shown.x1 + shown.x2) / 2, y: (shown.y1 + shown.y2) / 2 },
  });
  const outputs = tf.tidy(() => {
    const { levels, rpn, proposals, boxHead, detections } = detector.model;
    const [features, ...maps] = layers.proposals.predict(
      tf.tensor4d(values, [1, height, width, networkChannels]),
    ) as tf.Tensor4D[];
    // Of each level the logits, then the deltas, of all anchors of a cell.
    const predictions = {
      objectnessLogits: tf.concat(
        maps.filter((_, k) => k % 2 === 0).map((logits) => logits.reshape<tf.Tensor2D>([1, -1])),
        1,
      ),
      deltas: tf.concat(
        maps.filter((_, k) => k % 2 === 1).map((deltas) => deltas.reshape<tf.Tensor3D>([1, -1, 4])),
        1,
      ),
    };
    const size = [height, width] as const;
    const { minBoxSize } = proposals;
    const found = makeProposals(
      predictions,
      { size, levels },
      { ...proposals, boxWeights: regressionOf(rpn.boxLoss).boxWeights },
    );
    const { poolSize } = boxHead;
    const pooled = roiAlignInference(features!, found.rois, {
      ...{ outputSize: poolSize, spatialScale: 1 / levels[0]!.stride },
      samplingRatio: boxHead.samplingRatio,
    });
    const rois = found.rois.shape[1];
    const [logits, deltas] = layers.boxHead.predict(
      pooled.reshape([rois, poolSize, poolSize, features!.shape[3]]),
      { batchSize: rois },
    ) as [tf.Tensor, tf.Tensor];
    const { boxWeights } = regressionOf(boxHead.boxLoss);
    const heads = {
      roiLogits: logits.reshape<tf.Tensor2D>([1, rois]),
      roiDeltas: deltas.reshape<tf.Tensor3D>([1, rois, 4]),
    };
    const { boxes, scores, valid } = makeDetections(found, heads, {
      ...{ ...detections, size, boxWeights, minBoxSize },
    });
    return { boxes, scores, valid };
  });
  const [boxes, scores, valid] = await Promise.all(
    [outputs.boxes, outputs.scores, outputs.valid].map((tensor) => tensor.data<'float32'>()),
  );
  tf.dispose(outputs);
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return [...scores!].flatMap((score, k) => {
    const [x1, y1, x2, y2] = [...boxes!.subarray(4 * k, 4 * k + 4)] as [number, number, number, number];
    const box = {
      x1: within(shown.x1 + x1 / zoom, input.image.width),
      y1: within(shown.y1 + y1 / zoom, input.image.height),
      x2: within(shown.x1 + x2 / zoom, input.image.width),
      y2: within(shown.y1 + y2 / zoom, input.image.height),
    };
    return valid![k] === 1 && box.x2 > box.x1 && box.y2 > box.y1 ? [{ box, score }] : [];
  });
}

async function segment(
  { segmenter, layers }: ExportedModel,
  shown: Shown,
  found: readonly Found[],
): Promise<Candidate[]> {
  const { loader, model } = segmenter;
  const { cropSize: size } = loader;
  const windows = found.map(({ box }) => cropWindow(box, loader));
  const images = windows.map(({ x, y, side }) =>
    pixelsOf(shown, {
      ...{ size, map: { xx: side / size, xy: 0, yx: 0, yy: side / size } },
      from: { x: size / 2, y: size / 2 },
      to: { x: x + side / 2, y: y + side / 2 },
    }),
  );
  const boxes = found.flatMap(({ box }, k) => {
    const { x, y, side } = windows[k]!;
    return [box.x1 - x, box.y1 - y, box.x2 - x, box.y2 - y].map((corner) => (corner * size) / side);
  });
  const probabilities = tf.tidy(() => {
    const crops = tf.stack(images.map((values) => tf.tensor3d(values, [size, size, networkChannels])));
    const input = networkCrops(crops as tf.Tensor4D, tf.tensor2d(boxes, [found.length, 4]), model);
    return tf.softmax(layers.masks.predict(input) as tf.Tensor4D);
  });
  const values = await probabilities.data<'float32'>();
  probabilities.dispose();
  const mapOf = (row: number, name: (typeof pixelClasses)[number]) =>
    Float32Array.from(
      { length: size ** 2 },
      (_, i) => values[(row * size ** 2 + i) * pixelClasses.length + pixelClasses.indexOf(name)]!,
    );
  return found.map((one, row) => ({
    ...one,
    ...{ window: windows[row]!, size, body: mapOf(row, 'body'), border: mapOf(row, 'border') },
  }));
}
