/**
 * The overlap of boxes as Dice coefficient: twice the shared area over the sum of both areas. N = images, M = room for
 * gtBoxes.
 *
 * The Dice coefficient grows with the IoU, so both give the same ranking, and it is cheaper: the sum of the areas does
 * not depend on the shared area.
 */
import { tf } from '../../tf.js';
import { anchorIntervals, type AnchorGrid, type AnchorIntervals } from './anchors.js';

/**
 * The overlap of every box with every other box.
 *
 * @param boxes `[N, K, 4]` `xyxy` px.
 * @param others `[N, M, 4]` likewise.
 * @returns `[N, K, M]` from 0 to 1; 0 where a box is empty. The caller disposes it.
 */
export function pairwiseDice(boxes: tf.Tensor3D, others: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const [x1, y1, x2, y2] = tf.split(boxes, 4, 2) as Sides;
    const other = sidesInRows(others);
    const width = shared({ start: x1, end: x2 }, { start: other[0], end: other[2] });
    const height = shared({ start: y1, end: y2 }, { start: other[1], end: other[3] });
    const areas = tf.add(tf.mul(tf.sub(x2, x1), tf.sub(y2, y1)), areaOf(other));
    return tf.div(tf.mul(width, height), areas.mul(0.5).maximum(leastArea));
  });
}

/**
 * The overlap of every anchor with every box. The lengths that an anchor shares with a box along x and along y are the
 * same for whole columns and rows of anchors, so each pair needs only one product.
 *
 * @param others `[N, M, 4]` `xyxy` px.
 * @returns For each image and each level `[anchors of the level, M]`, as {@link pairwiseDice} of the anchors. The caller
 *   disposes them.
 */
export function anchorDice(grid: AnchorGrid, others: tf.Tensor3D): tf.Tensor2D[][] {
  return tf.tidy(() => {
    const [images, room] = others.shape;
    const levels = anchorIntervals(grid);
    const other = sidesInRows(others);
    const horizontal = constantIntervals(levels.map((level) => level.horizontal));
    const vertical = constantIntervals(levels.map((level) => level.vertical));
    const anchorAreas = Float32Array.from(
      levels.flatMap(({ areas, rows }) => Array.from({ length: rows }, () => areas).flat()),
    );
    const areas = tf.add(tf.tensor(anchorAreas, [1, anchorAreas.length, 1]), areaOf(other));
    const widths = shared(horizontal, { start: other[0], end: other[2] });
    const heights = tf.div(shared(vertical, { start: other[1], end: other[3] }), areas.mul(0.5));

    const widthsOfLevels = tf.split(
      widths,
      levels.map(({ columns, shapes }) => columns * shapes),
      1,
    );
    const heightsOfLevels = tf.split(
      heights,
      levels.map(({ rows, shapes }) => rows * shapes),
      1,
    );
    const tables = levels.map(({ rows, columns, shapes }, level) => {
      const across = tf.unstack(widthsOfLevels[level]!.reshape([images, 1, columns, shapes * room]));
      const down = tf.unstack(heightsOfLevels[level]!.reshape([images, rows, 1, shapes * room]));
      return across.map((width, image) =>
        tf.mul(width, down[image]!).reshape<tf.Tensor2D>([rows * columns * shapes, room]),
      );
    });
    return Array.from({ length: images }, (_, image) => tables.map((table) => table[image]!));
  });
}

/** The IoU, 0 to 1, for a Dice coefficient. */
export const iouOfDice = <T extends tf.Tensor>(dice: T): T => tf.tidy(() => tf.div(dice, tf.sub(2, dice)));

type Sides = [x1: tf.Tensor, y1: tf.Tensor, x2: tf.Tensor, y2: tf.Tensor];

interface Intervals {
  readonly start: tf.Tensor;
  readonly end: tf.Tensor;
}

/** px², avoids a division by 0 for two empty boxes. */
const leastArea = 1e-6;

/** `[N, M, 4]` to four `[N, 1, M]`. */
function sidesInRows(boxes: tf.Tensor3D): Sides {
  const [images, count] = boxes.shape;
  return tf.split(boxes, 4, 2).map((side) => side.reshape([images, 1, count])) as Sides;
}

const areaOf = ([x1, y1, x2, y2]: Sides) => tf.mul(tf.sub(x2, x1), tf.sub(y2, y1));

/** Length of the intersection of two intervals. */
const shared = (a: Intervals, b: Intervals) =>
  tf.relu(tf.sub(tf.minimum(a.end, b.end), tf.maximum(a.start, b.start)));

/** The intervals of all levels in a row, `[1, intervals, 1]`. */
function constantIntervals(levels: readonly AnchorIntervals[]): Intervals {
  const join = (edge: keyof AnchorIntervals) => {
    const values = Float32Array.from(levels.flatMap((level) => [...level[edge]]));
    return tf.tensor(values, [1, values.length, 1]);
  };
  return { start: join('start'), end: join('end') };
}
