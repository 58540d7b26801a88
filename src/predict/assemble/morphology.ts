import type { LabelImage } from '../../data/geometry/label-image.js';
import type { Box } from '../../data/geometry/box.js';

/**
 * Grows and shrinks the instances of a label image, pixel by pixel. Steps use four and eight neighbours in turn, four
 * first, so that a point grows to an octagon, which is closer to a disc than a square or a diamond.
 */

interface Labelled {
  readonly label: number;
  /** Holds every pixel of the instance and lies within the image. */
  readonly box: Box;
}

/**
 * Grows instances into the background by `steps` px; a pixel that several reach in the same step goes to the first of them.
 *
 * @returns The same instances with their new boxes.
 */
export function dilate<T extends Labelled>(
  labelImage: LabelImage,
  instances: readonly T[],
  steps: number,
): T[] {
  let grown = [...instances];
  for (let step = 1; step <= steps; step++) {
    grown = grown.map((instance) => {
      const box = enlarge(instance.box, labelImage);
      const reached = pixelsOf(labelImage, 0, box, (neighbour) => neighbour === instance.label, step);
      for (const pixel of reached) labelImage.labels[pixel] = instance.label;
      return { ...instance, box };
    });
  }
  return grown;
}

/** Shrinks instances by `steps` px at all edges, also between neighbours, but not at the edge of the image. */
export function erode(labelImage: LabelImage, instances: readonly Labelled[], steps: number): void {
  for (const { label, box } of instances) {
    for (let step = 1; step <= steps; step++) {
      const lost = pixelsOf(labelImage, label, box, (neighbour) => neighbour !== label, step);
      for (const pixel of lost) labelImage.labels[pixel] = 0;
    }
  }
}

function enlarge({ x1, y1, x2, y2 }: Box, { width, height }: LabelImage): Box {
  return {
    x1: Math.max(0, x1 - 1),
    y1: Math.max(0, y1 - 1),
    x2: Math.min(width, x2 + 1),
    y2: Math.min(height, y2 + 1),
  };
}

/** The pixels in a box that have `value` and a neighbour in the image for which `isWanted` is true. */
function pixelsOf(
  { width, height, labels }: LabelImage,
  value: number,
  { x1, y1, x2, y2 }: Box,
  isWanted: (neighbour: number) => boolean,
  step: number,
): number[] {
  const found: number[] = [];
  const usesCorners = step % 2 === 0;
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) {
      const pixel = y * width + x;
      if (labels[pixel] !== value) continue;
      const [left, right, up, down] = [x > 0, x < width - 1, y > 0, y < height - 1];
      const isFound =
        (left && isWanted(labels[pixel - 1]!)) ||
        (right && isWanted(labels[pixel + 1]!)) ||
        (up && isWanted(labels[pixel - width]!)) ||
        (down && isWanted(labels[pixel + width]!)) ||
        (usesCorners &&
          ((left && up && isWanted(labels[pixel - width - 1]!)) ||
            (right && up && isWanted(labels[pixel - width + 1]!)) ||
            (left && down && isWanted(labels[pixel + width - 1]!)) ||
            (right && down && isWanted(labels[pixel + width + 1]!))));
      if (isFound) found.push(pixel);
    }
  }
  return found;
}
