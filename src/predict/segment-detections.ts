import type { Candidate } from './assemble/candidate.js';
import type { DetectedImage, Detection } from './detect.js';
import type { SegmenterPredictor } from './segment.js';

/** Yields the nucleus in the box of each detection, in their order; one batch of crops is in memory at a time. */
export async function* segmentDetections(
  segmenter: Pick<SegmenterPredictor, 'segmentAll'>,
  image: DetectedImage,
  detections: readonly Detection[],
): AsyncGenerator<Candidate> {
  const requests = detections.map(({ box }) => ({ image, box }));
  let index = 0;
  for await (const { x, y, side, size, body, border } of segmenter.segmentAll(requests))
    yield { ...detections[index++]!, window: { x, y, side }, size, body, border };
}
