import type { Instances, LabelImage } from '../geometry/label-image.js';
import { type Box, boxAt } from '../geometry/box.js';
import type { Augment } from '../../config/augment.js';
import type { Random } from '../../random.js';
import type { Example } from '../read/example.js';
import { drawElasticField } from './elastic.js';
import { applyMap, invertMap, type LinearMap, type Point, viewMap } from '../geometry/linear-map.js';
import type { CropView } from '../image/resample.js';

/** A view that shows at least one pixel of the nucleus `label`. */
export interface DetectionView extends CropView {
  /** 0 in an example without nuclei; then the view is around any pixel. */
  readonly label: number;
}

export interface DetectionCrop {
  /** Side of the crop, px. */
  readonly size: number;
  /** px of the crop per px of the image, before augmentation. */
  readonly zoom: number;
}

/**
 * Draws a square view around a random nucleus, which is at a random place in the crop.
 *
 * The view is within the example if the example is large enough (except for the corners of a rotated view). Otherwise it
 * contains the whole width or height of the example.
 */
export function drawDetectionView(
  { labelImage }: Example,
  instances: Instances,
  { size, zoom }: DetectionCrop,
  augment: Augment,
  random: Random,
): DetectionView {
  const map = drawMap(zoom * drawScale(augment.scale, random), augment, random);
  const elastic =
    random.uniform() < augment.elastic.probability
      ? drawElasticField(size, augment.elastic, random)
      : undefined;
  const count = instances.areas.length;
  const label = count === 0 ? 0 : 1 + random.integer(count);
  const to =
    label === 0
      ? { x: random.integer(labelImage.width) + 0.5, y: random.integer(labelImage.height) + 0.5 }
      : innerPixel(labelImage, label, boxAt(instances.boxes, label - 1));
  const from = drawPlace(size, labelImage, map, to, random);
  return { size, map, from, to, label, ...(elastic && { elastic }) };
}

/** Draws a flip, quarter turns and a rotation. */
export function drawMap(scale: number, { turns, rotation }: Augment, random: Random): LinearMap {
  const turn = turns ? random.integer(8) : 0;
  const rotated = random.uniform() < rotation.probability;
  const degrees = rotated ? rotation.maxDegrees * (2 * random.uniform() - 1) : 0;
  return viewMap({ scale, quarterTurns: turn % 4, flip: turn >= 4, angle: (degrees * Math.PI) / 180 });
}

const drawScale = ({ min, max }: Augment['scale'], random: Random) =>
  min * Math.exp(random.uniform() * Math.log(max / min));

/** The centre of the instance's pixel that is closest to the centre of its box; the first of several. */
function innerPixel({ width, labels }: LabelImage, label: number, { x1, y1, x2, y2 }: Box): Point {
  let best: Point = { x: x1 + 0.5, y: y1 + 0.5 };
  let least = Infinity;
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) {
      if (labels[y * width + x] !== label) continue;
      const distance = (x + 0.5 - (x1 + x2) / 2) ** 2 + (y + 0.5 - (y1 + y2) / 2) ** 2;
      if (distance >= least) continue;
      least = distance;
      best = { x: x + 0.5, y: y + 0.5 };
    }
  }
  return best;
}

/**
 * The smallest box that contains the visible part of the example; px of the crop, whole numbers. If the example is rotated,
 * the corners of the box may be outside it.
 */
export function visibleBox({ size, map, from, to }: CropView, example: LabelImage): Box {
  const corners = cornerSteps(example, map, to);
  const ends = (origin: number, steps: number[]) =>
    [Math.floor(origin + Math.min(...steps)), Math.ceil(origin + Math.max(...steps))].map((end) =>
      Math.min(Math.max(end, 0), size),
    ) as [number, number];
  const [x1, x2] = ends(
    from.x,
    corners.map(({ x }) => x),
  );
  const [y1, y2] = ends(
    from.y,
    corners.map(({ y }) => y),
  );
  return { x1, y1, x2, y2 };
}

/** Steps in the crop from the pixel that shows `to` to the corners of the example. */
function cornerSteps(example: LabelImage, map: LinearMap, to: Point): Point[] {
  const back = invertMap(map);
  return [0, example.width].flatMap((x) =>
    [0, example.height].map((y) => applyMap(back, { x: x - to.x, y: y - to.y })),
  );
}

/** Draws the pixel of the crop that shows the point `to` of the example; its centre. */
function drawPlace(size: number, example: LabelImage, map: LinearMap, to: Point, random: Random): Point {
  const corners = cornerSteps(example, map, to);
  const draw = (steps: number[]) => {
    // The example reaches from place + min(steps) to place + max(steps), the crop from 0 to size.
    // Between the two ends the example covers the crop, or is within it if it is the smaller of the two.
    const ends = [size - Math.max(...steps), -Math.min(...steps)];
    const [one, other] = ends.map((end) => Math.min(Math.max(end, 0), size)) as [number, number];
    return Math.min(Math.floor(one + random.uniform() * (other - one)), size - 1) + 0.5;
  };
  return { x: draw(corners.map(({ x }) => x)), y: draw(corners.map(({ y }) => y)) };
}
