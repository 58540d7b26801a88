import { tf } from '../../tf.js';

/** The anchors that one feature map predicts from. */
export interface AnchorLevel {
  /** Distance of the cells, px of the crop. */
  readonly stride: number;
  /** Square roots of the areas, px of the crop. */
  readonly sizes: readonly number[];
  /** height / width. */
  readonly aspectRatios: readonly number[];
}

/** The positions of the anchors of an image. */
export interface AnchorGrid {
  /** Of the crop in px. */
  readonly size: readonly [height: number, width: number];
  /** In the order in which the feature maps' predictions are joined. */
  readonly levels: readonly AnchorLevel[];
}

/** Along one axis: an interval for each cell and each shape of anchor, px of the crop. */
export interface AnchorIntervals {
  /** `[cells, shapes]`. */
  readonly start: Float32Array;
  readonly end: Float32Array;
}

/** The anchors of a level, separated by axis. */
export interface LevelIntervals {
  readonly rows: number;
  readonly columns: number;
  /** Anchors of a cell: sizes x ratios. */
  readonly shapes: number;
  /** `[shapes]` px². */
  readonly areas: readonly number[];
  readonly vertical: AnchorIntervals;
  readonly horizontal: AnchorIntervals;
}

/**
 * The anchors of an image: a box of each size and aspect ratio at the centre of every cell, not clipped to the image.
 *
 * @returns `[A, 4]` `xyxy` px, ordered by level, y, x, size, ratio: as `[N, H, W, shapes]` predictions flatten.
 *
 * Source: Ren et al., arXiv 1506.01497, section 3.1.1. The centre of cell i is (i + 1/2) strides as in torchvision's
 * and detectron2's newer generators (offset 0.5): the centre of the pixels of the cell.
 */
export function makeAnchors(grid: AnchorGrid): Float32Array {
  const boxes = new Float32Array(4 * sum(anchorsPerLevel(grid)));
  let at = 0;
  for (const { rows, columns, shapes, vertical, horizontal } of anchorIntervals(grid)) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let shape = 0; shape < shapes; shape++) {
          const [x, y] = [column * shapes + shape, row * shapes + shape];
          boxes[at++] = horizontal.start[x]!;
          boxes[at++] = vertical.start[y]!;
          boxes[at++] = horizontal.end[x]!;
          boxes[at++] = vertical.end[y]!;
        }
      }
    }
  }
  return boxes;
}

/** {@link makeAnchors} as a tensor `[A, 4]`, a constant of a recorded step. The caller disposes it. */
export const anchorBoxes = (grid: AnchorGrid): tf.Tensor2D =>
  tf.tensor2d(makeAnchors(grid), [count(grid), 4]);

/** Number of anchors of each level. */
export const anchorsPerLevel = ({ size, levels }: AnchorGrid): number[] =>
  levels.map(
    ({ stride, sizes, aspectRatios: ratios }) =>
      cells(size[0], stride) * cells(size[1], stride) * sizes.length * ratios.length,
  );

/** The few distinct intervals of a level's anchors along x and along y, for computations that need only one axis. */
export function anchorIntervals({ size: [height, width], levels }: AnchorGrid): LevelIntervals[] {
  return levels.map(({ stride, sizes, aspectRatios: ratios }) => {
    const shapes = sizes.flatMap((size) =>
      ratios.map((ratio) => ({ width: size / Math.sqrt(ratio), height: size * Math.sqrt(ratio) })),
    );
    const [rows, columns] = [cells(height, stride), cells(width, stride)];
    const along = (count: number, lengths: readonly number[]): AnchorIntervals => {
      const edges = (side: -1 | 1) =>
        Float32Array.from({ length: count * lengths.length }, (_, index) => {
          const centre = (Math.floor(index / lengths.length) + 0.5) * stride;
          return centre + (side * lengths[index % lengths.length]!) / 2;
        });
      return { start: edges(-1), end: edges(1) };
    };
    return {
      rows,
      columns,
      shapes: shapes.length,
      areas: shapes.map((shape) => shape.width * shape.height),
      vertical: along(
        rows,
        shapes.map((shape) => shape.height),
      ),
      horizontal: along(
        columns,
        shapes.map((shape) => shape.width),
      ),
    };
  });
}

/** Convolutions that pad to the same size round up. */
const cells = (length: number, stride: number) => Math.ceil(length / stride);

const count = (grid: AnchorGrid) => sum(anchorsPerLevel(grid));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
