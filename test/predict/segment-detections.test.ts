import { expect, test } from 'vitest';
import type { Candidate } from '../../src/predict/assemble/candidate.js';
import { segmentDetections } from '../../src/predict/segment-detections.js';
import type { SegmenterPredictor } from '../../src/predict/segment.js';

const box = (x1: number) => ({ x1, y1: 2, x2: x1 + 4, y2: 6 });
const image = { image: { width: 30, height: 9, channels: 1 as const, data: new Uint8Array(270) } };

/** Answers each box with a crop of its own: one pixel that is as likely as the box is far to the right. */
const segmenter: Pick<SegmenterPredictor, 'segmentAll'> = {
  async *segmentAll(requests) {
    await Promise.resolve();
    for (const { image: asked, box: of } of requests) {
      expect(asked).toBe(image);
      const [body, border] = [Float32Array.of(of.x1 / 100), Float32Array.of(of.x1 / 200)];
      yield { x: of.x1 - 1, y: 1, side: 6, size: 1, body, border };
    }
  },
};

test('each box keeps its own score and gets its own crop, in their order', async () => {
  const candidates: Candidate[] = [];
  const detections = [
    { box: box(20), score: 0.9 },
    { box: box(10), score: 0.5 },
  ];
  for await (const candidate of segmentDetections(segmenter, image, detections)) candidates.push(candidate);
  const candidate = (x1: number, score: number): Candidate => ({
    ...{ box: box(x1), score, window: { x: x1 - 1, y: 1, side: 6 } },
    ...{ size: 1, body: Float32Array.of(x1 / 100), border: Float32Array.of(x1 / 200) },
  });
  expect(candidates).toEqual([candidate(20, 0.9), candidate(10, 0.5)]);
});
