/** Labels from 0. Nearly all files have 16 bits, which take half the memory and are faster to count. */
export type Labels = Uint16Array | Int32Array;

/** The instance of each pixel: 0 = background, every other value is one instance. */
export interface LabelImage {
  /** px, at least 1. */
  readonly width: number;
  /** px, at least 1. */
  readonly height: number;
  /** `height * width` labels, row by row from the top left. */
  readonly labels: Labels;
}

/** Boxes and areas of the instances of a label image. */
export interface Instances {
  /** `[N, 4]` `xyxy`, px, half-open: the smallest boxes around the instances. */
  readonly boxes: Float32Array;
  /** `[N]`, px. */
  readonly areas: Int32Array;
}

/**
 * Measures the instances of a label image.
 *
 * @param count N, the number of labels; labels are 1..N. 0 gives empty arrays.
 * @throws {RangeError} If a label of 1..N has no pixel, or there is a label above N.
 */
export function measureInstances({ width, height, labels }: LabelImage, count: number): Instances {
  const boxes = new Float32Array(count * 4);
  const areas = new Int32Array(count);
  for (let k = 0; k < count; k++) boxes.set([width, height, 0, 0], 4 * k);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const label = labels[pixel]!;
      if (label === 0) continue;
      if (label > count) throw new RangeError(`Expected labels from 0 to ${count}, received ${label}`);
      areas[label - 1]! += 1;
      const at = 4 * (label - 1);
      if (x < boxes[at]!) boxes[at] = x;
      if (y < boxes[at + 1]!) boxes[at + 1] = y;
      if (x >= boxes[at + 2]!) boxes[at + 2] = x + 1;
      if (y >= boxes[at + 3]!) boxes[at + 3] = y + 1;
    }
  }
  const missing = areas.indexOf(0);
  if (missing !== -1) throw new RangeError(`Expected labels 1 to ${count}, and ${missing + 1} has no pixel`);
  return { boxes, areas };
}
