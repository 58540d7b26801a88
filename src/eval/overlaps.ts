import type { LabelImage, Labels } from '../data/geometry/label-image.js';
import { PairCounter, type PairCounts } from './pair-counter.js';

/**
 * Where the instances of two label images of the same size overlap. G true instances, P predicted ones, K pairs that share
 * at least one pixel. Instances are numbered 0..G-1 and 0..P-1 in ascending order of their labels.
 */
export interface Overlaps {
  /** `[G]` labels in the image. */
  readonly gtLabels: Int32Array;
  /** `[G]` px, at least 1. */
  readonly gtAreas: Int32Array;
  /** `[P]` labels in the image. */
  readonly predLabels: Int32Array;
  /** `[P]` px, at least 1. */
  readonly predAreas: Int32Array;
  /** `[K]` in the order of the first pixel that each pair shares. */
  readonly pairs: readonly InstancePair[];
}

/** A true and a predicted instance that share pixels. */
export interface InstancePair {
  /** 0..G-1. */
  readonly gt: number;
  /** 0..P-1. */
  readonly pred: number;
  /** px, at least 1. */
  readonly intersection: number;
  /** px. */
  readonly union: number;
}

/**
 * Counts the pixels of every instance and of every pair in one pass over the pixels. There is no limit on the number
 * of instances, and labels may have gaps.
 *
 * @returns G, P or K = 0 where there is nothing.
 * @throws {RangeError} If the sizes differ, or a label is negative.
 */
export function countOverlaps(gt: LabelImage, pred: LabelImage): Overlaps {
  if (gt.width !== pred.width || gt.height !== pred.height) {
    throw new RangeError(
      `Expected label images of one size, received ${gt.width} x ${gt.height} and ${pred.width} x ${pred.height}`,
    );
  }
  const { gtLabels, predLabels, counts } = countLabelPairs(gt.labels, pred.labels);
  const truth = listInstances(gtLabels, counts);
  const prediction = listInstances(predLabels, counts);
  const pairs: InstancePair[] = [];
  for (let pair = 0; pair < counts.length; pair++) {
    const gt = truth.instanceOf[pair]!;
    const pred = prediction.instanceOf[pair]!;
    if (gt === -1 || pred === -1) continue;
    const intersection = counts[pair]!;
    const union = truth.areas[gt]! + prediction.areas[pred]! - intersection;
    pairs.push({ gt, pred, intersection, union });
  }
  return {
    gtLabels: truth.labels,
    gtAreas: truth.areas,
    predLabels: prediction.labels,
    predAreas: prediction.areas,
    pairs,
  };
}

/**
 * Counts run by run. Background counts as a label here, so that areas are sums over pairs and one pass is enough.
 *
 * One loop without calls: it takes nearly all the time of scoring, most of it reading memory.
 */
function countLabelPairs(gt: Labels, pred: Labels): PairCounts {
  if (gt.BYTES_PER_ELEMENT !== pred.BYTES_PER_ELEMENT) {
    return countLabelPairs(widen(gt), widen(pred));
  }
  const counter = new PairCounter();
  const size = gt.length;
  const gtWords = wordsOf(gt);
  const predWords = wordsOf(pred);
  const wholeFours = gtWords.length - 3;
  /** A word holds two to the power of this pixels. */
  const shift = gt.BYTES_PER_ELEMENT === 2 ? 1 : 0;
  for (let pixel = 0; pixel < size;) {
    const gtLabel = gt[pixel]!;
    const predLabel = pred[pixel]!;
    const start = pixel++;
    if ((gtLabel | predLabel) !== 0) {
      while (pixel < size && gt[pixel] === gtLabel && pred[pixel] === predLabel) pixel++;
      counter.add(gtLabel, predLabel, pixel - start);
      continue;
    }
    // Most pixels are background in both images; one branch for four words of them saves a third of the time. The first
    // word may begin with the pixel before this one, which is background, too.
    let word = pixel >> shift;
    while (
      word < wholeFours &&
      (gtWords[word]! | predWords[word]! | gtWords[word + 1]! | predWords[word + 1]!) === 0 &&
      (gtWords[word + 2]! | predWords[word + 2]! | gtWords[word + 3]! | predWords[word + 3]!) === 0
    ) {
      word += 4;
    }
    pixel = word << shift;
    while (pixel < size && (gt[pixel]! | pred[pixel]!) === 0) pixel++;
  }
  return counter.pairs();
}

const widen = (labels: Labels) => (labels instanceof Int32Array ? labels : new Int32Array(labels));

/** The same memory as 32-bit words, without an incomplete last one; a copy where labels do not begin at a whole word. */
function wordsOf(labels: Labels): Int32Array {
  const { buffer, byteOffset, byteLength } =
    labels.byteOffset % Int32Array.BYTES_PER_ELEMENT === 0 ? labels : labels.slice();
  return new Int32Array(buffer, byteOffset, Math.floor(byteLength / Int32Array.BYTES_PER_ELEMENT));
}

/** The instances of one image, ascending, and which of them each pair of labels belongs to; -1 for background. */
function listInstances(labelOf: Int32Array, counts: Int32Array) {
  const numberOf = numberLabels(labelOf);
  const instanceOf = new Int32Array(counts.length);
  let last = -1;
  for (let pair = 0; pair < counts.length; pair++) {
    const instance = numberOf(labelOf[pair]!);
    instanceOf[pair] = instance;
    if (instance > last) last = instance;
  }
  const labels = new Int32Array(last + 1);
  const areas = new Int32Array(last + 1);
  for (let pair = 0; pair < counts.length; pair++) {
    const instance = instanceOf[pair]!;
    if (instance === -1) continue;
    labels[instance] = labelOf[pair]!;
    areas[instance]! += counts[pair]!;
  }
  return { labels, areas, instanceOf };
}

/** Labels below this are numbered by a table of 256 KB; most label images have no others. */
const tableLabels = 2 ** 16;

/** Numbers the labels that occur from 0, ascending; background is -1. */
function numberLabels(labelOf: Int32Array): (label: number) => number {
  let [lowest, highest] = [0, 0];
  for (const label of labelOf) {
    if (label < lowest) lowest = label;
    if (label > highest) highest = label;
  }
  if (lowest < 0) throw new RangeError(`Expected labels from 0, received ${lowest}`);
  if (highest >= tableLabels) {
    const used = [...new Set(labelOf)].filter((label) => label !== 0).sort((one, other) => one - other);
    const numbers = new Map(used.map((label, number) => [label, number]));
    return (label) => numbers.get(label) ?? -1;
  }
  const numbers = new Int32Array(highest + 1).fill(-1);
  for (const label of labelOf) numbers[label] = 0;
  numbers[0] = -1;
  let next = 0;
  for (let label = 1; label <= highest; label++) if (numbers[label] === 0) numbers[label] = next++;
  return (label) => numbers[label]!;
}
