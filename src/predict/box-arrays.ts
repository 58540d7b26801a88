import type { ScoredBoxes } from '../eval/sources/source.js';
import type { Detection } from './detect.js';

/** Detections as `nucleate eval` scores boxes, in their order. */
export const boxArrays = (detections: readonly Detection[]): ScoredBoxes => ({
  predBoxes: Float32Array.from(detections.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2])),
  scores: Float32Array.from(detections, ({ score }) => score),
});
