import type { LabelImage } from '../../data/geometry/label-image.js';
import type { InstanceCounts } from '../instance-counts.js';
import type { InstancePair, Overlaps } from '../overlaps.js';

/** One predicted label image against its truth: what a metric is computed from. */
export interface ComparedImage {
  /** Without the pixels that no expert has reviewed, as are all other values. */
  readonly gt: LabelImage;
  /** Of the size of `gt`. */
  readonly pred: LabelImage;
  readonly overlaps: Overlaps;
  /** The pairs with IoU > 1/2. */
  readonly matches: readonly InstancePair[];
  readonly counts: InstanceCounts;
}

/** The value of one image, and its counts as possible weights. */
export interface ImageValue<Value> {
  readonly value: Value;
  readonly counts: InstanceCounts;
}

/**
 * A metric of label images. Listed in `metrics.ts`, it is in `eval --json` and its schema, in the text, the HTML page and
 * the CSV of `nucleate eval`.
 */
export interface Metric<Value extends number | null = number | null> {
  /** Key in JSON, in camel case; the CSV column has the same name in snake case. */
  readonly key: string;
  /** Heading of its table columns. */
  readonly label: string;
  /** What the value of one image is, and how those of several images are summarised; one line without a full stop. */
  readonly description: string;
  /** Values that the description leaves open: `1 where truth and prediction are both empty`. */
  readonly specialCase?: string;
  /** Whether the value may be null. @default false */
  readonly isNullable?: boolean;
  /** Smallest and largest possible value; Infinity for no limit. */
  readonly range: readonly [lowest: number, highest: number];
  /** The value of one image. */
  perImage(image: ComparedImage): Value;
  /** The value of a set of images. @param images At least one. */
  summarise(images: readonly ImageValue<Value>[]): Value;
}

/** Every image counts as much as another. */
export function meanOverImages(images: readonly ImageValue<number>[]): number {
  return images.reduce((sum, { value }) => sum + value, 0) / images.length;
}
