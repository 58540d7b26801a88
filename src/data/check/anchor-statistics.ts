/** Which anchors fit the boxes of a dataset. N = boxes. */
import { type Box, boxIou } from '../geometry/box.js';

/** Anchors of a detector: one for each size and aspect ratio at each cell of a grid. */
export interface AnchorSet {
  /** Square roots of the areas, px of the network input. */
  readonly sizes: readonly number[];
  /** height / width. */
  readonly aspectRatios: readonly number[];
}

/**
 * Fits anchors to boxes: centres of clusters (k-means) of the logarithm of the size, and separately of the logarithm of the
 * aspect ratio. Logarithms, since IoU depends on quotients.
 *
 * @param boxes `[N, 4]` `xyxy`, px; N = 0 gives no sizes and no ratios.
 * @param counts How many of each; fewer are returned if the boxes have fewer different values.
 * @returns In ascending order, px of the boxes.
 */
export function fitAnchors(boxes: Float32Array, counts: { sizes: number; aspectRatios: number }): AnchorSet {
  const shapes = shapesOf(boxes);
  const centres = (values: number[], count: number) =>
    clusterCentres(values.map(Math.log), count).map((centre) => Math.exp(centre));
  return {
    sizes: centres(
      shapes.map(({ width, height }) => Math.sqrt(width * height)),
      counts.sizes,
    ),
    aspectRatios: centres(
      shapes.map(({ width, height }) => height / width),
      counts.aspectRatios,
    ),
  };
}

/** How well anchors cover boxes. */
export interface Coverage {
  /** Fractions of the boxes whose best anchor has at least this IoU. */
  readonly atIou50: number;
  readonly atIou70: number;
  /** Mean over the boxes of the IoU with the best anchor. */
  readonly meanIou: number;
}

/**
 * The IoU of each box with the best anchor on an endless grid. Cell centres are at (i + 1/2) strides.
 *
 * @param boxes `[N, 4]` `xyxy`, px of the image.
 * @param options.scale px of the network input per px of the image.
 * @param options.stride Distance of the cells, px of the network input.
 * @returns `[N]`, 0 to 1; 0 for every box if there is no anchor.
 */
export function bestIous(
  boxes: Float32Array,
  { sizes, aspectRatios }: AnchorSet,
  { scale, stride }: { readonly scale: number; readonly stride: number },
): Float64Array {
  const anchors = sizes.flatMap((size) =>
    aspectRatios.map((ratio) => boxAround(0, 0, size / Math.sqrt(ratio), size * Math.sqrt(ratio))),
  );
  // IoU falls with the distance along each axis, so the nearest cell is the best one.
  const fromCell = (centre: number) => centre - (Math.floor(centre / stride) + 0.5) * stride;
  return Float64Array.from(shapesOf(boxes), ({ x, y, width, height }) => {
    const box = boxAround(fromCell(x * scale), fromCell(y * scale), width * scale, height * scale);
    return anchors.reduce((best, anchor) => Math.max(best, boxIou(box, anchor)), 0);
  });
}

/** Summarises best IoUs; all 0 without boxes. */
export function coverageOf(ious: Float64Array): Coverage {
  const fraction = (least: number) =>
    ious.filter((value) => value >= least).length / Math.max(1, ious.length);
  const sum = ious.reduce((total, value) => total + value, 0);
  return { atIou50: fraction(0.5), atIou70: fraction(0.7), meanIou: sum / Math.max(1, ious.length) };
}

function shapesOf(boxes: Float32Array) {
  return Array.from({ length: boxes.length / 4 }, (_, k) => {
    const [x1, y1, x2, y2] = [boxes[4 * k]!, boxes[4 * k + 1]!, boxes[4 * k + 2]!, boxes[4 * k + 3]!];
    return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, width: x2 - x1, height: y2 - y1 };
  });
}

const boxAround = (x: number, y: number, width: number, height: number): Box => ({
  x1: x - width / 2,
  y1: y - height / 2,
  x2: x + width / 2,
  y2: y + height / 2,
});

/** Lloyd's algorithm in one dimension converges after a few dozen rounds; this ends it in any case. */
const maxRounds = 1000;

/** k-means in one dimension, ascending. It starts at evenly spaced quantiles, so the result is not random. */
function clusterCentres(values: readonly number[], count: number): number[] {
  const sorted = Float64Array.from(values).sort();
  const different = [...new Set(sorted)];
  if (different.length <= count) return different;
  let centres = Array.from(
    { length: count },
    (_, k) => sorted[Math.floor(((k + 0.5) / count) * sorted.length)]!,
  );
  for (let round = 0; round < maxRounds; round++) {
    const sums = new Float64Array(count);
    const sizes = new Int32Array(count);
    let nearest = 0;
    for (const value of sorted) {
      while (nearest + 1 < count && centres[nearest + 1]! - value <= value - centres[nearest]!) nearest++;
      sums[nearest]! += value;
      sizes[nearest]! += 1;
    }
    const moved = centres.map((centre, k) => (sizes[k] === 0 ? centre : sums[k]! / sizes[k]!));
    if (moved.every((centre, k) => centre === centres[k])) break;
    centres = moved;
  }
  return [...new Set(centres)];
}
