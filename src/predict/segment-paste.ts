import type { RectMap, Size } from '../data/geometry/rect.js';
import { pasteMap } from './assemble/paste-map.js';
import type { SegmentedCrop } from './segment.js';

/** The body of a crop at the image's own resolution, as {@link pasteMap} has it. */
export function pasteBody({ x, y, side, size, body }: SegmentedCrop, image: Size): RectMap<Float32Array> {
  return pasteMap(body, size, { x, y, side }, image);
}
