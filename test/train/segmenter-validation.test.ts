import { expect, test } from 'vitest';
import { cropWindow } from '../../src/data/geometry/window.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import type { Example } from '../../src/data/read/example.js';
import type { SegmentedCrop, SegmentRequest } from '../../src/predict/segment.js';
import {
  maskOverlap,
  scoredNuclei,
  segmenterMetricNames,
  validateSegmenter,
} from '../../src/train/segmenter-validation.js';
import { discs } from '../data/augment/samples.js';

const config = (scoring: object = {}) =>
  SegmenterConfig.parse({ task: 'segmenter', loader: { cropSize: 64, margin: 0.25, minMargin: 2 }, scoring });

/** Discs of 12, 20 and 32 px: one of each size class. */
const three: Example = {
  ...discs(90, 60, [
    { x: 12, y: 12, radius: 6 },
    { x: 40, y: 20, radius: 10 },
    { x: 70, y: 36, radius: 16 },
  ]),
  cluster: 'a',
};
const one: Example = { ...discs(40, 40, [{ x: 20, y: 20, radius: 10 }]), id: 'one', cluster: 'b' };

/** What a perfect network says: 1 where the pixel of the image is of the nucleus in the middle. */
function truthIn(
  { image, box }: SegmentRequest,
  is: (label: number, middle: number) => boolean,
): SegmentedCrop {
  const { labelImage } = image as Example;
  const size = 256;
  const window = cropWindow(box, config().loader);
  const labelAt = (x: number, y: number) => {
    const [px, py] = [Math.floor(x), Math.floor(y)];
    const isWithin = px >= 0 && py >= 0 && px < labelImage.width && py < labelImage.height;
    return isWithin ? labelImage.labels[py * labelImage.width + px]! : 0;
  };
  const middle = labelAt((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2);
  const at = (i: number) => ((i + 0.5) * window.side) / size;
  const body = Float32Array.from({ length: size * size }, (_, i) =>
    is(labelAt(window.x + at(i % size), window.y + at(Math.floor(i / size))), middle) ? 1 : 0,
  );
  return { ...window, size, body, border: new Float32Array(size * size) };
}

/** A predictor that knows the truth, but for what `is` makes of it. */
const oracle = (is: (label: number, middle: number) => boolean) => ({
  // eslint-disable-next-line @typescript-eslint/require-await -- as long as it needs no network
  async *segmentAll(requests: Iterable<SegmentRequest>) {
    for (const request of requests) yield truthIn(request, is);
  },
});

const isTrue = (label: number, middle: number) => label === middle;

test('the true masks score 1 by every metric, and all metrics are there', async () => {
  const progress: string[] = [];
  const { score, metrics, pictures } = await validateSegmenter(
    oracle(isTrue),
    scoredNuclei([three, one], config()),
    config({ pictures: 2 }),
    (done, total) => progress.push(`${done}/${total}`),
  );
  expect(score).toBe(1);
  expect(Object.values(metrics)).toEqual(Object.values(metrics).map(() => 1));
  expect(Object.keys(metrics)).toEqual(expect.arrayContaining([...segmenterMetricNames]));
  for (const part of ['jittered', 'cluster-a', 'cluster-b', 'small', 'medium', 'large'])
    expect(metrics).toHaveProperty(`${part}/above95`);
  expect(progress).toEqual(['1/2', '2/2']);
  expect(pictures.map(({ name }) => name)).toEqual(['discs-1', 'discs-3']);
  expect(pictures[0]!.image).toMatchObject({ width: 3 * 256, height: 256, channels: 3 });
});

test('each nucleus is segmented once with its true box and once with the jittered one', async () => {
  const nuclei = scoredNuclei([one], config());
  const { metrics } = await validateSegmenter(
    oracle(() => true),
    nuclei,
    config(),
    () => {},
  );
  const iou = (box: SegmentRequest['box']) => {
    const crop = truthIn({ image: one, box }, () => true);
    const { intersection, union } = maskOverlap(nuclei[0]!, crop, 0.5);
    return intersection / union;
  };
  expect(metrics['meanIou']).toBeCloseTo(iou(nuclei[0]!.box), 12);
  expect(metrics['jittered/meanIou']).toBeCloseTo(iou(nuclei[0]!.jittered), 12);
  expect(metrics['meanIou']).not.toBeCloseTo(metrics['jittered/meanIou']!, 3);
});

test('the mask score is a mean over images, the mean IoU a mean over nuclei', async () => {
  const silent = oracle((label, middle) => middle === 1 && label === middle);
  const nuclei = scoredNuclei([three, one], config());
  const { score, metrics } = await validateSegmenter(silent, nuclei, config(), () => {});
  expect(score).toBeCloseTo((1 / 3 + 1) / 2, 12);
  expect(metrics['meanIou']).toBeCloseTo(2 / 4, 12);
});

test('a cluster without nuclei has null, and a cluster has metrics of its own nuclei', async () => {
  const silent = oracle((label, middle) => middle !== 3 && label === middle);
  const { score, metrics } = await validateSegmenter(
    silent,
    scoredNuclei([three], config()),
    config(),
    () => {},
  );
  expect(score).toBeCloseTo(2 / 3, 12);
  expect(metrics).toMatchObject({
    above95: 2 / 3,
    'small/score': 1,
    'medium/meanIou': 1,
    'large/above50': 0,
  });
  expect(
    (await validateSegmenter(oracle(isTrue), scoredNuclei([one], config()), config(), () => {})).metrics,
  ).toMatchObject({ 'small/meanIou': null, 'small/score': null, 'large/above50': null });
});

test('ignored pixels count neither for nor against a mask', () => {
  const [nucleus] = scoredNuclei([one], config());
  const all = truthIn({ image: one, box: nucleus!.box }, () => true);
  const area = nucleus!.area;
  // The box of 20 x 20 px with a margin of 5 px to each side.
  expect(maskOverlap(nucleus!, all, 0.5)).toEqual({ intersection: area, union: 30 * 30 });
  const ignore = Uint8Array.from(one.labelImage.labels, (label, pixel) =>
    label === 0 || pixel === 20 * 40 + 20 ? 1 : 0,
  );
  const reviewed = { ...nucleus!, example: { ...one, ignore } };
  expect(maskOverlap(reviewed, all, 0.5)).toEqual({ intersection: area - 1, union: area - 1 });
  expect(maskOverlap(nucleus!, all, 1)).toEqual({ intersection: 0, union: area });
});

test('the same nuclei and boxes are scored each time; a limit draws from all images', () => {
  const images = Array.from({ length: 6 }, (_, i) => ({ ...three, id: `image ${i}` }));
  const all = scoredNuclei(images, config());
  expect(all).toHaveLength(18);
  const some = scoredNuclei(images, config({ maxNuclei: 9 }));
  expect(some).toHaveLength(6);
  expect(scoredNuclei(images, config({ maxNuclei: 9 }))).toEqual(some);
  expect(all).toEqual(expect.arrayContaining(some));
  // 9 of 18 in 6 images of 3: one each, since two each would be 12.
  expect(some.map(({ example }) => example.id)).toEqual(images.map(({ id }) => id));
  for (const { box, jittered } of all) {
    expect(jittered).not.toEqual(box);
    // Each side moves by at most a tenth.
    expect(Math.abs(jittered.x1 - box.x1)).toBeLessThanOrEqual(0.1 * (box.x2 - box.x1));
    expect(Math.abs(jittered.y2 - box.y2)).toBeLessThanOrEqual(0.1 * (box.y2 - box.y1));
  }
});
