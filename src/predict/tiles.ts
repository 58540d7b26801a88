/**
 * Covers an image of any size with tiles that fit it, and decides which tile a detection belongs to.
 *
 * Tiles overlap. Each point of the image lies in the core of exactly one tile; a nucleus no larger than the overlap is
 * complete in at least one tile.
 */
import type { Size } from '../data/geometry/rect.js';
import { boxIou, compareBoxes, type Box } from '../data/geometry/box.js';
import { BoxIndex } from '../data/geometry/box-index.js';

export interface Tiling {
  /** px² of the network input: area of the largest tile. */
  readonly maxArea: number;
  /** px of the network input: least overlap of neighbours. */
  readonly overlap: number;
  /** px of the network input for a pixel of the image. */
  readonly zoom: number;
  /**
   * px of the network input: sides of tiles are multiples of it, and tiles begin at multiples of it. The network's largest
   * stride keeps its cells at the same places in each tile.
   */
  readonly alignment: number;
}

export interface Tile {
  readonly column: number;
  readonly row: number;
  /** `xyxy`, px of the image: what the tile shows; may extend beyond the right and lower edge of the image. */
  readonly shown: Box;
  /** `xyxy`, px of the image, half-open: the points that belong to this tile. The cores of all tiles cover the image. */
  readonly core: Box;
  /**
   * Where the neighbouring tiles end or begin, px of the image: the left one ends at `left`, the right one begins at
   * `right`. Infinite where there is no neighbour.
   */
  readonly neighbours: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}

/** The tiles of an image, all of one size. */
export interface TilePlan {
  /** Of each tile, px of the network input. */
  readonly tileSize: Size;
  /** Row by row from the top left. */
  readonly tiles: readonly Tile[];
}

/**
 * Plans the tiles that have the fewest pixels in all: often a single one, which is as large as the image.
 *
 * @param image px, at least 1 x 1.
 * @throws {RangeError} If no tile fits: `maxArea` has to be at least the area of a square of `overlap + alignment`, rounded up to
 *   the alignment.
 */
export function planTiles({ width, height }: Size, tiling: Tiling): TilePlan {
  const tileSize = fitTiles({ width, height }, tiling);
  const columns = planAxis(width, tileSize.width, tiling);
  const rows = planAxis(height, tileSize.height, tiling);
  const shown = { width: tileSize.width / tiling.zoom, height: tileSize.height / tiling.zoom };
  const tiles = rows.flatMap((y, row) =>
    columns.map((x, column) => ({
      column,
      row,
      shown: { x1: x.start, y1: y.start, x2: x.start + shown.width, y2: y.start + shown.height },
      core: { x1: x.coreStart, y1: y.coreStart, x2: x.coreEnd, y2: y.coreEnd },
      neighbours: { left: x.before, top: y.before, right: x.after, bottom: y.after },
    })),
  );
  return { tileSize, tiles };
}

/** The size of tile that covers an image with the fewest pixels in all; of equal ones the largest. */
function fitTiles(image: Size, tiling: Tiling): Size {
  let best: Size | undefined;
  let fewest = Infinity;
  for (const width of sidesFor(image.width, tiling)) {
    for (const height of sidesFor(image.height, tiling)) {
      if (width.side * height.side > tiling.maxArea) continue;
      const area = width.count * width.side * height.count * height.side;
      if (area >= fewest) continue;
      [best, fewest] = [{ width: width.side, height: height.side }, area];
    }
  }
  if (best) return best;
  const { maxArea, overlap, alignment } = tiling;
  throw new RangeError(
    `Expected tiles of ${maxArea} px to advance by ${alignment} px, and they overlap by ${overlap} px`,
  );
}

/** For each number of tiles along an axis the shortest side, px of the network input, as long as tiles can advance. */
function sidesFor(imageSide: number, { overlap, zoom, alignment }: Tiling) {
  const aligned = (length: number) => alignment * Math.max(1, Math.ceil(length / alignment));
  const length = imageSide * zoom;
  const longest = aligned(length);
  const sides = new Map([[1, longest]]);
  for (let side = aligned(overlap + alignment); side < longest; side += alignment) {
    const count = countFor(length, side, { overlap, alignment });
    if (!sides.has(count)) sides.set(count, side);
  }
  return [...sides].map(([count, side]) => ({ count, side }));
}

/** How many tiles of a side cover a length, px of the network input. */
function countFor(
  length: number,
  side: number,
  { overlap, alignment }: Pick<Tiling, 'overlap' | 'alignment'>,
): number {
  if (side >= length) return 1;
  // In steps of the alignment.
  const longestStep = Math.floor((side - overlap) / alignment);
  return 1 + Math.ceil(Math.ceil((length - side) / alignment) / longestStep);
}

/** One tile along one axis, px of the image. */
interface Interval {
  readonly start: number;
  readonly coreStart: number;
  readonly coreEnd: number;
  readonly before: number;
  readonly after: number;
}

function planAxis(imageSide: number, tileSide: number, { overlap, zoom, alignment }: Tiling): Interval[] {
  // In steps of the alignment: how far the last tile begins behind the first.
  const distance = Math.max(0, Math.ceil((imageSide * zoom - tileSide) / alignment));
  const steps = countFor(imageSide * zoom, tileSide, { overlap, alignment }) - 1;
  const starts = [0];
  for (let step = 1; step <= steps; step++) {
    starts.push((alignment * Math.floor((step * distance) / steps)) / zoom);
  }
  const side = tileSide / zoom;
  /** The middle of the overlap of a tile and the one before it. */
  const middle = (index: number) => (starts[index]! + starts[index - 1]! + side) / 2;
  return starts.map((start, index) => ({
    start,
    coreStart: index === 0 ? 0 : middle(index),
    coreEnd: index === steps ? imageSide : middle(index + 1),
    before: index === 0 ? -Infinity : starts[index - 1]! + side,
    after: index === steps ? Infinity : starts[index + 1]!,
  }));
}

/** Whether a point, px of the image, is in the core of a tile. */
export function isInCore({ core }: Tile, x: number, y: number): boolean {
  return x >= core.x1 && x < core.x2 && y >= core.y1 && y < core.y2;
}

/**
 * Whether a tile cuts a nucleus that is complete in a neighbouring tile: its box reaches an edge of this tile and lies
 * within the neighbour. A nucleus so large that both tiles cut it is not reported as cut.
 *
 * @param box `xyxy`, px of the image.
 * @param margin px of the image: how near to an edge a box reaches it.
 */
export function isCut({ shown, neighbours }: Tile, box: Box, margin: number): boolean {
  return (
    (box.x1 < shown.x1 + margin && box.x2 <= neighbours.left - margin) ||
    (box.y1 < shown.y1 + margin && box.y2 <= neighbours.top - margin) ||
    (box.x2 > shown.x2 - margin && box.x1 >= neighbours.right + margin) ||
    (box.y2 > shown.y2 - margin && box.y1 >= neighbours.bottom + margin)
  );
}

/** A box that was found in a tile, with its score. */
export interface TileDetection {
  /** `xyxy`, px of the image. */
  readonly box: Box;
  /** 0 to 1. */
  readonly score: number;
}

/**
 * Merges the detections of all tiles, so that each nucleus is there once. Cut ones ({@link isCut}) are dropped. Of two
 * in different tiles whose IoU is above the threshold, the one with its centre in the core of its own tile is kept, as it
 * has more of the image around it; if this decides nothing, the higher-scoring one. Detections of the same tile are not
 * compared: the network has suppressed duplicates already.
 *
 * @param detections Of each tile, in the order of the tiles.
 * @param options.margin px of the image, see {@link isCut}.
 * @returns Those with their centres in cores first, then by descending score; independent of the order of the tiles.
 */
export function mergeTiles<T extends TileDetection>(
  tiles: readonly Tile[],
  detections: readonly (readonly T[])[],
  { iouThreshold, margin }: { readonly iouThreshold: number; readonly margin: number },
): T[] {
  const whole = tiles.flatMap((tile, index) =>
    detections[index]!.filter(({ box }) => !isCut(tile, box, margin)).map((detection) => {
      const { x1, y1, x2, y2 } = detection.box;
      return { detection, tile, inCore: isInCore(tile, (x1 + x2) / 2, (y1 + y2) / 2) };
    }),
  );
  whole.sort(
    (one, other) =>
      Number(other.inCore) - Number(one.inCore) ||
      other.detection.score - one.detection.score ||
      compareBoxes(one.detection.box, other.detection.box) ||
      one.tile.row - other.tile.row ||
      one.tile.column - other.tile.column,
  );
  const kept: typeof whole = [];
  const index = new BoxIndex();
  for (const found of whole) {
    const { box } = found.detection;
    const isDouble = index
      .near(box)
      .some((id) => kept[id]!.tile !== found.tile && boxIou(box, kept[id]!.detection.box) > iouThreshold);
    if (isDouble) continue;
    index.add(box, kept.length);
    kept.push(found);
  }
  return kept.map(({ detection }) => detection);
}
