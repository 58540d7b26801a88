import { resample } from './resample-example.js';
import type { Instances } from '../geometry/label-image.js';
import { type Box, boxAt } from '../geometry/box.js';
import type { Augment } from '../../config/augment.js';
import { type CropMargins, cropSide } from '../geometry/window.js';
import type { Random } from '../../random.js';
import type { Example } from '../read/example.js';
import { augmentAppearance } from './appearance.js';
import { drawMap } from './detection-view.js';
import { drawElasticField } from './elastic.js';
import { applyMap, invertMap, type LinearMap, type Point } from '../geometry/linear-map.js';
import type { Sample } from './sample.js';

export interface SegmentationCrop extends CropMargins {
  /** Side of the crop, px. */
  readonly size: number;
  /** How far each side of the box moves at most, as a fraction of the box's width or height. */
  readonly jitter: number;
  /** A detector's box of this nucleus, px of the image, and the probability that it replaces the jittered box. */
  readonly detected?: { readonly box: Box; readonly probability: number };
}

export interface SegmentationSample {
  /** With the labels of the example. */
  readonly sample: Sample;
  /** `xyxy`, px of the crop, half-open: the jittered box, in the middle of the crop. */
  readonly box: readonly [number, number, number, number];
}

/** Moves each side of a box by up to `jitter` times the box's width or height, uniformly. */
export function jitterBox({ x1, y1, x2, y2 }: Box, jitter: number, random: Random): Box {
  const move = (length: number) => jitter * length * (2 * random.uniform() - 1);
  const width = x2 - x1;
  const height = y2 - y1;
  return {
    x1: x1 + move(width),
    y1: y1 + move(height),
    x2: x2 + move(width),
    y2: y2 + move(height),
  };
}

/**
 * Draws one augmented crop around a nucleus for the segmenter. The jittered box is centred and sets the scale.
 *
 * The box is around the flipped, turned and rotated nucleus. An elastic warp moves the nucleus a little within it, as one
 * more jitter.
 *
 * @param label 1..N.
 */
export function drawSegmentationSample(
  example: Example,
  { boxes }: Instances,
  label: number,
  crop: SegmentationCrop,
  augment: Augment,
  random: Random,
): SegmentationSample {
  const { size } = crop;
  const map = drawMap(1, augment, random);
  const original = boxAt(boxes, label - 1);
  const centre = { x: (original.x1 + original.x2) / 2, y: (original.y1 + original.y2) / 2 };
  const turned = turnedBox(example, label, original, centre, map);
  const { detected } = crop;
  const box =
    detected && random.uniform() < detected.probability
      ? likeDetected(turned, { original, detected: detected.box, map })
      : jitterBox(turned, crop.jitter, random);
  const side = cropSide({ width: box.x2 - box.x1, height: box.y2 - box.y1 }, crop);
  const scale = size / side;
  const middle = applyMap(map, { x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2 });
  const elastic =
    random.uniform() < augment.elastic.probability
      ? drawElasticField(size, augment.elastic, random)
      : undefined;
  const sample = resample(example, {
    size,
    map: { xx: map.xx / scale, xy: map.xy / scale, yx: map.yx / scale, yy: map.yy / scale },
    from: { x: size / 2, y: size / 2 },
    to: { x: centre.x + middle.x, y: centre.y + middle.y },
    ...(elastic && { elastic }),
  });
  const halfWidth = ((box.x2 - box.x1) / 2) * scale;
  const halfHeight = ((box.y2 - box.y1) / 2) * scale;
  return {
    sample: augmentAppearance(sample, augment, random),
    box: [size / 2 - halfWidth, size / 2 - halfHeight, size / 2 + halfWidth, size / 2 + halfHeight],
  };
}

/** The box of an instance after it is turned by a map around `centre`; px of the image. */
function turnedBox({ labelImage }: Example, label: number, box: Box, centre: Point, map: LinearMap): Box {
  const back = invertMap(map);
  const turned = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
  for (let y = box.y1; y < box.y2; y++) {
    for (let x = box.x1; x < box.x2; x++) {
      if (labelImage.labels[y * labelImage.width + x] !== label) continue;
      const point = applyMap(back, { x: x + 0.5 - centre.x, y: y + 0.5 - centre.y });
      turned.x1 = Math.min(turned.x1, point.x - 0.5);
      turned.y1 = Math.min(turned.y1, point.y - 0.5);
      turned.x2 = Math.max(turned.x2, point.x + 0.5);
      turned.y2 = Math.max(turned.y2, point.y + 0.5);
    }
  }
  return turned;
}

/** Moves and scales a turned box in the way the detector's box differs from the original box. */
function likeDetected(
  turned: Box,
  { original, detected, map }: { original: Box; detected: Box; map: LinearMap },
): Box {
  const middle = ({ x1, y1, x2, y2 }: Box): Point => ({ x: (x1 + x2) / 2, y: (y1 + y2) / 2 });
  const [from, to] = [middle(original), middle(detected)];
  const moved = applyMap(invertMap(map), { x: to.x - from.x, y: to.y - from.y });
  const wider = (detected.x2 - detected.x1) / (original.x2 - original.x1);
  const higher = (detected.y2 - detected.y1) / (original.y2 - original.y1);
  const isOnSide = Math.abs(map.xy) > Math.abs(map.xx);
  const halfWidth = ((turned.x2 - turned.x1) / 2) * (isOnSide ? higher : wider);
  const halfHeight = ((turned.y2 - turned.y1) / 2) * (isOnSide ? wider : higher);
  const { x, y } = middle(turned);
  return {
    x1: x + moved.x - halfWidth,
    y1: y + moved.y - halfHeight,
    x2: x + moved.x + halfWidth,
    y2: y + moved.y + halfHeight,
  };
}
