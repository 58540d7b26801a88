import type { Box } from '../data/geometry/box.js';

/** A nucleus that was found. */
export interface Detection {
  /** `xyxy`, px of the image, within it. */
  readonly box: Box;
  /** 0 to 1. */
  readonly score: number;
}

export interface Detections {
  /** Highest-scoring first. */
  readonly detections: readonly Detection[];
  /** Number of detections beyond `maxPerTile` of the config. */
  readonly omitted: number;
}
