/** Box maths in loops over plain numbers. Boxes are `xyxy`. */
import type { Random } from '../../../src/random.js';

export type Box = [x1: number, y1: number, x2: number, y2: number];

const areaOf = ([x1, y1, x2, y2]: Box) => (x2 - x1) * (y2 - y1);

function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return width > 0 && height > 0 ? width * height : 0;
}

export function iou(a: Box, b: Box): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}

export function dice(a: Box, b: Box): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / ((areaOf(a) + areaOf(b)) / 2);
}

/** Indices of the boxes that are kept, by falling score. */
export function suppress(
  boxes: readonly Box[],
  scores: readonly number[],
  { iouThreshold, scoreThreshold }: { iouThreshold: number; scoreThreshold: number },
): number[] {
  const order = boxes
    .map((_, index) => index)
    .filter((index) => scores[index]! > scoreThreshold)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept: number[] = [];
  for (const index of order) {
    if (kept.every((other) => iou(boxes[index]!, boxes[other]!) <= iouThreshold)) kept.push(index);
  }
  return kept;
}

/** Boxes of 4 to `largest` px, some of them reaching out of the crop. */
export function randomBoxes(random: Random, count: number, size: number, largest = size / 2): Box[] {
  return Array.from({ length: count }, () => {
    const [x, y] = [random.uniform() * size, random.uniform() * size];
    const [width, height] = [0, 1].map(() => 4 + random.uniform() * (largest - 4)) as [number, number];
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
  });
}

/** What a tensor of boxes holds. */
export const boxesOf = (values: ArrayLike<number>): Box[] =>
  Array.from({ length: values.length / 4 }, (_, k) => [
    values[4 * k]!,
    values[4 * k + 1]!,
    values[4 * k + 2]!,
    values[4 * k + 3]!,
  ]);
