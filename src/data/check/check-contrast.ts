/** Compares pixels with masks: finds masks that hold no nucleus, and nuclei without a mask. */
import type { Size } from '../geometry/rect.js';
import type { Box } from '../geometry/box.js';
import type { AnnotatedImage } from '../read/example.js';
import { areaOf, boxOf, type Mask } from '../geometry/mask.js';
import { greyOf } from '../split/signature.js';
import type { Finding } from './finding.js';

/** Width of the surroundings of a mask, px around its box. */
const surroundings = 5;

/** The mean of the surroundings needs more unmarked pixels than this. */
const minSurroundings = 20;

/** Least number of masks in an image for each of the two comparisons. */
const [minForFaint, minForUnmarked] = [5, 3];

/** px; the mean of a smaller mask is too uncertain. */
const minFaintArea = 50;

/** px around masks that count neither as nucleus nor as background: masks are often drawn a pixel or two too small. */
const margin = 3;

/** Of an unmarked region: its area over the median area of the masks, and the fraction of its box that it fills. */
const [minAreaRatio, maxAreaRatio, minFill] = [0.5, 5, 0.5];

/** Of an unmarked region: its contrast to the background over the contrast of the median mask. */
const minContrastRatio = 0.8;

/** A median is taken of at most this many values. */
const medianSample = 10_000;

/**
 * Compares the nuclei of one image with each other.
 *
 * `faint`: the other nuclei are brighter than their surroundings and this one is darker, or the reverse. `unmarked`: a
 * region away from all masks, of the size and contrast of a nucleus, whose grey values are closer to the nuclei than to
 * the background.
 *
 * In the 2018 Data Science Bowl as published this finds 14 and 34, in the corrected dataset 10 and 14. The correction
 * removed 20 masks, of which 4 are found as faint, and added 6, of which 3 are found. Wider bounds find too much: 37
 * masks have less than a tenth of the usual contrast, and nearly all of them are dim nuclei.
 */
export function checkContrast({ id, origin, image, masks, ignore }: AnnotatedImage): Finding[] {
  const place = origin === undefined ? {} : { where: origin };
  const drawn = masks.filter(({ runs }) => runs.length > 0);
  if (drawn.length < minForUnmarked) return [];
  const grey = greyOf(image);
  const marked = mark(drawn, image, 0);
  const measured = drawn.map((mask) => ({ mask, ...measure(mask, grey, marked, image) }));
  const contrasts = measured.flatMap(({ contrast }) => contrast ?? []);
  const usual = median(contrasts);
  const findings: Finding[] = [];
  if (drawn.length >= minForFaint) {
    for (const { mask, area, contrast, box } of measured) {
      if (contrast === undefined || area < minFaintArea || contrast * usual >= 0) continue;
      const numbers = { contrast: round(contrast), usual: round(usual) };
      findings.push({
        kind: 'faint',
        severity: 'warning',
        image: id,
        ...place,
        mask: mask.name,
        box,
        numbers,
        what: `The mask ${mask.name} differs from its surroundings by ${numbers.contrast} grey levels, the other masks by about ${numbers.usual}.`,
        hint: 'Remove it, unless a brighter or darker object beside it explains the difference.',
      });
    }
  }
  const near = mark(drawn, image, margin);
  const isFar = (pixel: number) => near[pixel] === 0 && ignore?.[pixel] !== 1;
  const background = median(grey.filter((_, pixel) => isFar(pixel)));
  const nucleus = median(measured.map(({ mean }) => mean));
  const usualArea = median(measured.map(({ area }) => area));
  const middle = (nucleus + background) / 2;
  const isLikeNucleus = grey.map((value, pixel) =>
    isFar(pixel) && (value - middle) * (nucleus - background) > 0 ? 1 : 0,
  );
  for (const { area, sum, box } of regionsOf(isLikeNucleus, grey, image)) {
    const fill = area / ((box.x2 - box.x1) * (box.y2 - box.y1));
    const areaRatio = area / usualArea;
    const contrastRatio = (sum / area - background) / (nucleus - background);
    if (areaRatio < minAreaRatio || areaRatio >= maxAreaRatio || fill <= minFill) continue;
    if (contrastRatio < minContrastRatio) continue;
    findings.push({
      kind: 'unmarked',
      severity: 'warning',
      image: id,
      ...place,
      box,
      what: `A region of ${area} px at x = ${box.x1}, y = ${box.y1} looks like a nucleus but has no mask.`,
      hint: 'Draw its mask if it is a nucleus.',
      numbers: { area, usualArea, contrastRatio: round(contrastRatio) },
    });
  }
  return findings;
}

const round = (value: number) => Math.round(value * 100) / 100;

/** 1 for the pixels of masks and for those up to `reach` px away from them along rows and columns. */
function mark(masks: readonly Mask[], { width, height }: Size, reach: number): Uint8Array {
  const marks = new Uint8Array(width * height);
  for (const { runs } of masks) {
    for (let run = 0; run < runs.length; run += 2) {
      const row = Math.floor(runs[run]! / width);
      const column = runs[run]! % width;
      const [from, to] = [Math.max(0, column - reach), Math.min(width, column + runs[run + 1]! + reach)];
      for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++) {
        marks.fill(1, y * width + from, y * width + to);
      }
    }
  }
  return marks;
}

/** Mean of a mask, and how much it is above the mean of its surroundings; undefined if too few of these are unmarked. */
function measure(mask: Mask, grey: Float32Array, marked: Uint8Array, { width, height }: Size) {
  const { runs } = mask;
  const box = boxOf(mask, width)!;
  const area = areaOf(mask);
  let sum = 0;
  for (let run = 0; run < runs.length; run += 2) {
    for (let at = runs[run]!, end = at + runs[run + 1]!; at < end; at++) sum += grey[at]!;
  }
  let [around, count] = [0, 0];
  for (let y = Math.max(0, box.y1 - surroundings); y < Math.min(height, box.y2 + surroundings); y++) {
    for (let x = Math.max(0, box.x1 - surroundings); x < Math.min(width, box.x2 + surroundings); x++) {
      if (marked[y * width + x] !== 0) continue;
      around += grey[y * width + x]!;
      count++;
    }
  }
  const mean = sum / area;
  return { box, area, mean, contrast: count > minSurroundings ? mean - around / count : undefined };
}

/** Connected pixels that are not 0, with the sum of their grey values. Pixels that touch only at a corner are separate. */
function* regionsOf(marks: Float32Array, grey: Float32Array, { width }: Size) {
  const left = Uint8Array.from(marks);
  const stack: number[] = [];
  for (let start = 0; start < left.length; start++) {
    if (left[start] === 0) continue;
    left[start] = 0;
    stack.push(start);
    let [area, sum] = [0, 0];
    const box = { x1: width, y1: Math.floor(start / width), x2: 0, y2: 0 };
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width;
      area++;
      sum += grey[at]!;
      box.x1 = Math.min(box.x1, x);
      box.x2 = Math.max(box.x2, x + 1);
      box.y2 = Math.max(box.y2, Math.floor(at / width) + 1);
      const beside = [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width];
      for (const next of beside) {
        if (left[next] !== 1) continue;
        left[next] = 0;
        stack.push(next);
      }
    }
    yield { area, sum, box: box satisfies Box };
  }
}

/** The median; of a regular sample if there are many values; 0 of none. */
function median(values: ArrayLike<number>): number {
  const step = Math.ceil(values.length / medianSample) || 1;
  const sample = new Float64Array(Math.ceil(values.length / step));
  for (let index = 0; index < sample.length; index++) sample[index] = values[index * step]!;
  sample.sort();
  return sample[Math.floor(sample.length / 2)] ?? 0;
}
