/** Tools for whole nuclei: merge and delete. */
import type { Patch } from '../../annotate/protocol/patch.js';
import type { Rect } from '../../data/geometry/rect.js';
import { Changes } from './changes.js';
import { clip, type LabelMap } from './label-map.js';

/** A nucleus and where it is. */
export interface Placed {
  readonly label: number;
  readonly bounds: Rect;
}

/** Makes background of nuclei; undefined if none has a pixel. */
export function removeNuclei(map: LabelMap, nuclei: readonly Placed[]): Patch | undefined {
  if (nuclei.length === 0) return undefined;
  const changes = new Changes(map, around(map, nuclei));
  const removed = new Set(nuclei.map(({ label }) => label));
  forPixels(changes.rect, nuclei, (at) => {
    if (removed.has(changes.before(at))) changes.set(at, 0);
  });
  return changes.toPatch();
}

/**
 * Makes one nucleus of two or more, with the label of the first.
 *
 * @returns undefined if they are not all connected to each other by pixels that touch at a side or a corner.
 */
export function mergeNuclei(map: LabelMap, nuclei: readonly Placed[]): Patch | undefined {
  if (nuclei.length < 2 || !touch(map, nuclei)) return undefined;
  const changes = new Changes(map, around(map, nuclei));
  const merged = new Set(nuclei.map(({ label }) => label));
  forPixels(changes.rect, nuclei, (at) => {
    if (merged.has(changes.before(at))) changes.set(at, nuclei[0]!.label);
  });
  return changes.toPatch();
}

/** Whether contacts lead from the first nucleus to all others. */
function touch({ width, height, labels }: LabelMap, nuclei: readonly Placed[]): boolean {
  const all = new Set(nuclei.map(({ label }) => label));
  const contacts = new Map(nuclei.map(({ label }) => [label, new Set<number>()]));
  for (const { label, bounds } of nuclei) {
    for (let y = bounds.y; y < bounds.y + bounds.height; y++) {
      for (let x = bounds.x; x < bounds.x + bounds.width; x++) {
        if (labels[y * width + x] !== label) continue;
        for (const [stepX, stepY] of [
          [1, 0],
          [-1, 1],
          [0, 1],
          [1, 1],
        ] as const) {
          const [column, row] = [x + stepX, y + stepY];
          if (column < 0 || column >= width || row >= height) continue;
          const other = labels[row * width + column]!;
          if (other === label || !all.has(other)) continue;
          contacts.get(label)!.add(other);
          contacts.get(other)!.add(label);
        }
      }
    }
  }
  const reached = new Set([nuclei[0]!.label]);
  for (const label of reached) for (const other of contacts.get(label)!) reached.add(other);
  return reached.size === all.size;
}

function around(map: LabelMap, nuclei: readonly Placed[]): Rect {
  const bounds = nuclei.map((nucleus) => nucleus.bounds);
  return clip(map, {
    left: Math.min(...bounds.map(({ x }) => x)),
    top: Math.min(...bounds.map(({ y }) => y)),
    right: Math.max(...bounds.map(({ x, width }) => x + width)),
    bottom: Math.max(...bounds.map(({ y, height }) => y + height)),
  });
}

/** Calls with the index within a rectangle of each pixel of the nuclei's bounds. */
function forPixels(rect: Rect, nuclei: readonly Placed[], visit: (at: number) => void): void {
  for (const { bounds } of nuclei) {
    for (let y = bounds.y - rect.y; y < bounds.y - rect.y + bounds.height; y++) {
      for (let x = bounds.x - rect.x; x < bounds.x - rect.x + bounds.width; x++) visit(y * rect.width + x);
    }
  }
}
