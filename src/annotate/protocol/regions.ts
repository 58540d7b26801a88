/** Sets of pixels as separate rectangles. */
import type { Rect } from '../../data/geometry/rect.js';

/** The regions without the pixels of `hole`. */
export const withoutRegion = (regions: readonly Rect[], hole: Rect): Rect[] =>
  regions.flatMap((region) => subtract(region, hole));

/** The regions and the pixels of `added`. */
export const withRegion = (regions: readonly Rect[], added: Rect): Rect[] => [
  ...withoutRegion(regions, added),
  added,
];

/** Whether the two share a pixel. */
export const regionsMeet = (one: Rect, other: Rect): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

/** Number of pixels of separate regions. */
export const areaOfRegions = (regions: readonly Rect[]): number =>
  regions.reduce((sum, { width, height }) => sum + width * height, 0);

function subtract(region: Rect, hole: Rect): Rect[] {
  if (!regionsMeet(region, hole)) return [region];
  const right = region.x + region.width;
  const bottom = region.y + region.height;
  const top = Math.max(region.y, hole.y);
  const low = Math.min(bottom, hole.y + hole.height);
  const parts: Rect[] = [
    { x: region.x, y: region.y, width: region.width, height: top - region.y },
    { x: region.x, y: top, width: hole.x - region.x, height: low - top },
    { x: hole.x + hole.width, y: top, width: right - hole.x - hole.width, height: low - top },
    { x: region.x, y: low, width: region.width, height: bottom - low },
  ];
  return parts.filter(({ width, height }) => width > 0 && height > 0);
}
