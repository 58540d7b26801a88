/** Detections of all views of an image, or of one region of it. */
import { setImmediate } from 'node:timers/promises';
import { type Box, boxIou } from '../data/geometry/box.js';
import { BoxIndex } from '../data/geometry/box-index.js';
import { mapConcurrently } from '../map-concurrently.js';
import { runsAtOnce } from '../engine/lanes.js';
import type { Detection, Detections } from './detection.js';
import type { Tile } from './tiles.js';
import { fusedIou, fuseViews } from './tta.js';

/** What is found in a tile. */
export interface TileDetections extends Detections {
  /** That the detections are made from, highest-scoring first; only where they were asked for. */
  readonly proposals?: readonly Detection[];
}

/** One view of an image in the tiles of one detector, which are detected when they are asked for. */
export interface TiledView {
  readonly tiles: readonly Tile[];
  /** Of two boxes of different tiles with a higher IoU, one is dropped. */
  readonly iouThreshold: number;
  readonly detectTile: (tile: Tile) => Promise<TileDetections>;
  /**
   * Makes one nucleus of all that tiles have found of it.
   *
   * @param found Of each tile; empty for a tile that was left out.
   * @returns Highest-scoring first.
   */
  readonly merge: (found: readonly (readonly Detection[])[]) => Detection[];
}

export interface ViewOptions {
  /** Only nuclei with their centres in it, px of the image, half-open. */
  readonly region?: Box;
  /** Called after each tile with the fraction of the work that is done, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Called with the proposals of each tile, in the order of the tiles. */
  readonly onProposals?: (proposals: readonly Detection[]) => void;
}

/**
 * Detects all views; several are fused ({@link fuseViews}).
 *
 * With a region, only the tiles are detected that can matter for its nuclei: those that show the region, and as long as
 * a box of it overlaps, directly or through others, a box that a further tile may show, that tile, too. So its nuclei
 * are exactly those of the whole image whose centres it has: regions that cover an image without overlap have each nucleus once.
 *
 * @param views At least one.
 */
export async function detectViews(
  views: readonly TiledView[],
  { region, onProgress = () => {}, onProposals = () => {} }: ViewOptions,
): Promise<Detections> {
  const all = views.flatMap((view, index) => view.tiles.map((tile, at) => ({ view, index, tile, at })));
  const found = views.map(({ tiles }) => tiles.map((): readonly Detection[] | undefined => undefined));
  const left = (isNeeded: (tile: Tile) => boolean) =>
    all.filter(({ index, tile, at }) => !found[index]![at] && isNeeded(tile));
  let omitted = 0;
  let done = 0;
  let pending = left((tile) => !region || overlaps(tile.shown, region));
  while (pending.length > 0) {
    const total = done + pending.length;
    const each = mapConcurrently(pending, runsAtOnce, async ({ view, index, tile, at }) => ({
      ...{ index, at },
      inTile: await view.detectTile(tile),
    }));
    for await (const { index, at, inTile } of each) {
      found[index]![at] = inTile.detections;
      omitted += inTile.omitted;
      if (inTile.proposals) onProposals(inTile.proposals);
      onProgress(++done / total);
      // Lets signal handlers and the progress display run; reading a tensor does not.
      await setImmediate();
    }
    if (!region) break;
    const boxes = reaching(
      found.flat(2).flatMap((one) => one?.box ?? []),
      region,
      leastIou(views),
    );
    pending = left((tile) => boxes.some((box) => overlaps(tile.shown, box)));
  }
  const merged = views.map((view, index) => view.merge(found[index]!.map((inTile) => inTile ?? [])));
  const detections = merged.length === 1 ? merged[0]! : fuseViews(merged);
  return {
    detections: region ? detections.filter(({ box }) => isCentred(box, region)) : detections,
    omitted,
  };
}

/** Boxes with at most this IoU do not act upon each other. */
const leastIou = (views: readonly TiledView[]) =>
  Math.min(fusedIou, ...views.map(({ iouThreshold }) => iouThreshold));

/** The boxes that overlap a region, those that act upon one of them, those that act upon these, and so on. */
function reaching(boxes: readonly Box[], region: Box, iou: number): Box[] {
  const index = new BoxIndex();
  for (const [id, box] of boxes.entries()) index.add(box, id);
  const reached = new Set(boxes.flatMap((box, id) => (overlaps(box, region) ? [id] : [])));
  // A set that grows while it is walked.
  for (const id of reached) {
    for (const other of index.near(boxes[id]!)) {
      if (!reached.has(other) && boxIou(boxes[id]!, boxes[other]!) > iou) reached.add(other);
    }
  }
  return [...reached].map((id) => boxes[id]!);
}

const overlaps = (one: Box, other: Box): boolean =>
  one.x1 < other.x2 && other.x1 < one.x2 && one.y1 < other.y2 && other.y1 < one.y2;

/** Whether the centre of a box is in a region, half-open. */
function isCentred({ x1, y1, x2, y2 }: Box, region: Box): boolean {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  return x >= region.x1 && x < region.x2 && y >= region.y1 && y < region.y2;
}
