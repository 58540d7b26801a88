/** What the pixels say about the masks: some hold no nucleus, and some nuclei have none. */
import type { Size } from '../geometry/rect.js';
import type { Box } from '../geometry/box.js';
import type { AnnotatedImage } from '../read/example.js';
import { areaOf, boxOf, type Mask } from '../geometry/mask.js';
import { greyOf } from '../split/signature.js';
import type { Finding } from './finding.js';

/** px around the box of a mask that are its surroundings. */
const surroundings = 5;

/** Unmarked pixels in the surroundings from which their mean is taken. */
const minSurroundings = 20;

/** Masks that an image needs for others to be compared with them. */
const [minForFaint, minForUnmarked] = [5, 3];

/** px; the mean of a smaller mask says little. */
const minFaintArea = 50;

/** px around masks that are neither nucleus nor background: outlines are drawn too tight by a pixel or two. */
const margin = 3;

/** Of an unmarked region: its area over the median of the masks', and its share of its box. */
const [minAreaRatio, maxAreaRatio, minFill] = [0.5, 5, 0.5];

/** Of an unmarked region: its contrast with the background over that of the median mask. */
const minContrastRatio = 0.8;

/** Values from which a median is taken. */
const medianSample = 10_000;

/**
 * Compares the nuclei of one image with each other.
 *
 * `faint`: the others are brighter than their surroundings and this one is darker, or the other way round. `unmarked`: a
 * region away from all masks whose pixels lie on the nuclei's side of the middle between nuclei and background, of the
 * size and contrast of a nucleus.
 *
 * In the 2018 Data Science Bowl as published this finds 14 and 34, in the corrected set 10 and 14. It removed 20 masks,
 * four of which are faint, and added 6, three of which are found. Wider bounds flood: masks with less than a tenth of
 * the usual contrast are 37, nearly all of them dim nuclei.
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
        ...{ kind: 'faint', severity: 'warning', image: id, ...place, mask: mask.name, box, numbers },
        what: `The mask ${mask.name} differs from its surroundings by ${numbers.contrast}, the others by about ${numbers.usual}.`,
        hint: 'Remove it, unless something brighter or darker lies beside it.',
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
      ...{ kind: 'unmarked', severity: 'warning', image: id, ...place, box },
      what: `A region of ${area} px at ${box.x1}, ${box.y1} looks like a nucleus and has no mask.`,
      hint: 'Mark it, if it is one.',
      numbers: { area, usualArea, contrastRatio: round(contrastRatio) },
    });
  }
  return findings;
}

const round = (value: number) => Math.round(value * 100) / 100;

/** 1 for the pixels of masks and those up to `reach` px beside or above them. */
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

/** Mean of a mask, and by how much it is above that of its surroundings; undefined where these are too few. */
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

/** Connected pixels that are not 0, with the sum of their grey values; pixels that touch at a corner are apart. */
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

/** The median, of every few values where there are many; 0 of none. */
function median(values: ArrayLike<number>): number {
  const step = Math.ceil(values.length / medianSample) || 1;
  const sample = new Float64Array(Math.ceil(values.length / step));
  for (let index = 0; index < sample.length; index++) sample[index] = values[index * step]!;
  sample.sort();
  return sample[Math.floor(sample.length / 2)] ?? 0;
}
