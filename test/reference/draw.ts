import type { LabelImage } from '../../src/data/geometry/label-image.js';

/** A label image from rows of digits; `.` is background. */
export function drawing(...rows: string[]): LabelImage {
  const width = rows[0]!.length;
  const labels = Int32Array.from([...rows.join('')].map((mark) => (mark === '.' ? 0 : Number(mark))));
  return { width, height: rows.length, labels };
}

/** The same with labels of 16 bits, as files have them. */
export function narrow(labelImage: LabelImage): LabelImage {
  return { ...labelImage, labels: Uint16Array.from(labelImage.labels) };
}

/** A label image without instances. */
export function blank(width: number, height: number): LabelImage {
  return { width, height, labels: new Int32Array(width * height) };
}

/** A label image of one row in which instance 1 spans the half-open range of columns. */
export function bar(width: number, [from, to]: readonly [number, number]): LabelImage {
  return { width, height: 1, labels: blank(width, 1).labels.fill(1, from, to) };
}
