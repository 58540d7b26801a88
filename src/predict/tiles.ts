/**
 * Covers an image of any size with tiles of one size, and decides which tile a detection belongs to.
 *
 * Tiles overlap. Each point of the image lies in the core of exactly one tile; a nucleus no larger than the overlap is
 * complete in at least one tile.
 */
import type { Size } from '../data/geometry/rect.js';
import type { Window } from '../data/geometry/window.js';
import { boxIou, compareBoxes, type Box } from '../data/geometry/box.js';
import { BoxIndex } from '../data/geometry/box-index.js';

export interface Tiling {
  /** px of the network input: side of a tile. */
  readonly tileSize: number;
  /** px of the network input: least overlap of neighbours. */
  readonly overlap: number;
  /** px of the network input for a pixel of the image. */
  readonly zoom: number;
  /**
   * px of the network input: tiles begin at multiples of it. The network's largest stride keeps its cells at the same
   * places in each tile.
   */
  readonly alignment: number;
}

export interface Tile {
  readonly column: number;
  readonly row: number;
  /** Area of the tile, px of the image; extends beyond the right and lower edge of an image smaller than a tile. */
  readonly window: Window;
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

/**
 * Plans the tiles, row by row from the top left: as few as the overlap allows, spread evenly.
 *
 * @param image px, at least 1 x 1.
 * @throws {RangeError} If the tiles cannot advance: `tileSize - overlap` has to be at least `alignment`.
 */
export function planTiles({ width, height }: Size, tiling: Tiling): Tile[] {
  const columns = planAxis(width, tiling);
  const rows = planAxis(height, tiling);
  const side = tiling.tileSize / tiling.zoom;
  return rows.flatMap((y, row) =>
    columns.map((x, column) => ({
      column,
      row,
      window: { x: x.start, y: y.start, side },
      core: { x1: x.coreStart, y1: y.coreStart, x2: x.coreEnd, y2: y.coreEnd },
      neighbours: { left: x.before, top: y.before, right: x.after, bottom: y.after },
    })),
  );
}

/** One tile along one axis, px of the image. */
interface Interval {
  readonly start: number;
  readonly coreStart: number;
  readonly coreEnd: number;
  readonly before: number;
  readonly after: number;
}

function planAxis(imageSide: number, { tileSize, overlap, zoom, alignment }: Tiling): Interval[] {
  const longestStep = Math.floor((tileSize - overlap) / alignment);
  if (!(longestStep >= 1) || overlap < 0) {
    throw new RangeError(
      `Expected tiles of ${tileSize} px to advance by ${alignment} px, and they overlap by ${overlap} px`,
    );
  }
  // In steps of the alignment: how far the last tile begins behind the first.
  const distance = Math.max(0, Math.ceil((imageSide * zoom - tileSize) / alignment));
  const steps = Math.ceil(distance / longestStep);
  const starts = [0];
  for (let step = 1; step <= steps; step++) {
    starts.push((alignment * Math.floor((step * distance) / steps)) / zoom);
  }
  const side = tileSize / zoom;
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
export function isCut({ window, neighbours }: Tile, box: Box, margin: number): boolean {
  return (
    (box.x1 < window.x + margin && box.x2 <= neighbours.left - margin) ||
    (box.y1 < window.y + margin && box.y2 <= neighbours.top - margin) ||
    (box.x2 > window.x + window.side - margin && box.x1 >= neighbours.right + margin) ||
    (box.y2 > window.y + window.side - margin && box.y1 >= neighbours.bottom + margin)
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
