import type { Size } from '../data/mask.js';
import { type PastedMap, pasteMap } from './assemble/paste-map.js';
import type { SegmentedCrop } from './segment.js';

/** The body of a crop at the image's own resolution, as {@link pasteMap} has it. */
export function pasteBody({ x, y, side, size, body }: SegmentedCrop, image: Size): PastedMap {
  return pasteMap(body, size, { x, y, side }, image);
}
