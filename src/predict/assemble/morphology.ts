import type { LabelImage } from '../../data/geometry/label-image.js';
import type { Box } from '../../data/geometry/box.js';

/**
 * Grows and shrinks the instances of a label image, pixel by pixel. Steps look at four and at eight neighbours in turn,
 * four first, so that a point grows to an octagon, which is closer to a disc than a square or a diamond.
 */

interface Labelled {
  readonly label: number;
  /** Holds every pixel of the instance and lies within the image. */
  readonly box: Box;
}

/**
 * Grows instances into the background by `steps` px; a pixel that several would reach at once goes to the first of them.
 *
 * @returns The same instances with boxes that hold them now.
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

/** Takes `steps` px off the edges of instances, those to their neighbours included, but not off the image's edge. */
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

/** The pixels in a box that have a value, and a neighbour within the image whose value is one looked for. */
function pixelsOf(
  { width, height, labels }: LabelImage,
  value: number,
  { x1, y1, x2, y2 }: Box,
  isSought: (neighbour: number) => boolean,
  step: number,
): number[] {
  const found: number[] = [];
  const looksAtCorners = step % 2 === 0;
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) {
      const pixel = y * width + x;
      if (labels[pixel] !== value) continue;
      const [left, right, up, down] = [x > 0, x < width - 1, y > 0, y < height - 1];
      const isFound =
        (left && isSought(labels[pixel - 1]!)) ||
        (right && isSought(labels[pixel + 1]!)) ||
        (up && isSought(labels[pixel - width]!)) ||
        (down && isSought(labels[pixel + width]!)) ||
        (looksAtCorners &&
          ((left && up && isSought(labels[pixel - width - 1]!)) ||
            (right && up && isSought(labels[pixel - width + 1]!)) ||
            (left && down && isSought(labels[pixel + width - 1]!)) ||
            (right && down && isSought(labels[pixel + width + 1]!))));
      if (isFound) found.push(pixel);
    }
  }
  return found;
}
