import { measureInstances } from '../data/geometry/label-image.js';
import { boxAt, type Box } from '../data/geometry/box.js';
import { cropWindow } from '../data/geometry/window.js';
import { defaultMaskThreshold } from '../config/mask-threshold.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import { jitterBox } from '../data/augment/segmentation-sample.js';
import type { Example } from '../data/read/example.js';
import { maskMetrics, type MaskMetrics, type MaskOverlap } from '../eval/mask-metrics.js';
import { overlapWith } from '../eval/mask-overlap.js';
import { iouPercents } from '../eval/match-instances.js';
import { sizeClasses, sizeClassOf } from '../eval/size-classes.js';
import { pasteBody } from '../predict/segment.js';
import type { SegmentedCrop, SegmenterPredictor, SegmentRequest } from '../predict/segment.js';
import { randomFor } from '../random.js';
import { drawSegmentedCrop, ScoredMasks } from './segmenter-picture.js';
import type { ValidationResult } from './task.js';
import { ValidationGallery } from './validation-gallery.js';

/** A nucleus to score, with its true box and a jittered one, as a detector might find it. */
export interface ScoredNucleus {
  readonly example: Example;
  readonly label: number;
  /** px. */
  readonly area: number;
  readonly box: Box;
  readonly jittered: Box;
}

/**
 * The nuclei of the validation split that are scored: all, or up to `maxNuclei`, about equally many of each image, drawn
 * by the seed; always the same ones, in the order of their images.
 */
export function scoredNuclei(
  examples: readonly Example[],
  { seed, loader, scoring }: Pick<SegmenterConfig, 'seed' | 'loader' | 'scoring'>,
): ScoredNucleus[] {
  const limit = limitPerImage(
    examples.map(({ instanceCount }) => instanceCount),
    scoring.maxNuclei,
  );
  return examples.flatMap((example) => {
    const { id, instanceCount: count, labelImage } = example;
    const { boxes, areas } = measureInstances(labelImage, count);
    const drawn = randomFor(seed, 'validation-nuclei', id).shuffle(Array.from(areas, (_, k) => k));
    const kept = drawn.slice(0, limit).sort((a, b) => a - b);
    return kept.map((k): ScoredNucleus => {
      const box = boxAt(boxes, k);
      const random = randomFor(seed, 'validation-jitter', id, k + 1);
      return { example, label: k + 1, area: areas[k]!, box, jittered: jitterBox(box, loader.jitter, random) };
    });
  });
}

/** The largest limit of nuclei per image with which at most `most` are scored in total; at least 1. */
function limitPerImage(counts: readonly number[], most: number): number {
  const scored = (limit: number) => counts.reduce((sum, count) => sum + Math.min(count, limit), 0);
  let limit = 1;
  while (limit < Math.max(...counts) && scored(limit + 1) <= most) limit++;
  return limit;
}

/** The metrics that are shown, in this order; the first is the score. */
export const segmenterMetricNames = ['score', 'meanIou', 'above75', 'above90'] as const;

/**
 * Scores masks by their IoU with the truth, at the resolution of the images, leaving out ignored regions.
 *
 * `score` is the mask score: for each image the fraction of masks above each of the ten IoU thresholds, averaged over
 * thresholds and then over images, given jittered boxes. It is what the challenge score would be if the detector found
 * one box for each nucleus and no false ones. `meanIou` and `above<percent>` are means over all nuclei, given the true
 * boxes; the prefix `jittered/` means jittered boxes. The prefix `cluster-<name>/` or the name of a size class
 * restricts a metric to these nuclei.
 */
export async function validateSegmenter(
  predictor: Pick<SegmenterPredictor, 'segmentAll'>,
  nuclei: readonly ScoredNucleus[],
  config: Pick<SegmenterConfig, 'loader' | 'scoring'>,
  onProgress: (done: number, total: number) => void,
): Promise<ValidationResult> {
  const threshold = defaultMaskThreshold;
  const scored: Scored[] = [];
  const gallery = new ValidationGallery();
  /** The true and the predicted masks of the current image's scored nuclei. */
  let masks: ScoredMasks | undefined;
  const pictures: ValidationResult['pictures'][number][] = [];
  const step = Math.max(1, Math.floor(nuclei.length / Math.max(1, config.scoring.pictures)));
  const total = new Set(nuclei.map(({ example }) => example)).size;
  let done = 0;
  let index = 0;
  let trueCrop: SegmentedCrop | undefined;
  for await (const crop of predictor.segmentAll(requests(nuclei))) {
    // Each nucleus comes twice: with its true box, then with the jittered one.
    if (!trueCrop) {
      trueCrop = crop;
      continue;
    }
    const nucleus = nuclei[index]!;
    const { example } = nucleus;
    const overlap = (of: SegmentedCrop) => maskOverlap(nucleus, of, threshold);
    scored.push({ nucleus, truth: overlap(trueCrop), jittered: overlap(crop) });
    if (index % step === 0 && pictures.length < config.scoring.pictures) {
      const window = cropWindow(nucleus.jittered, config.loader);
      const image = drawSegmentedCrop(nucleus, window, crop, threshold);
      pictures.push({ name: `${example.id}-${nucleus.label}`, image });
    }
    masks ??= new ScoredMasks(example);
    masks.add(nucleus, crop, threshold);
    trueCrop = undefined;
    index += 1;
    if (nuclei[index]?.example === example) continue;
    const { draw } = masks;
    gallery.add(example, scoreByImage(scored.filter((one) => one.nucleus.example === example)), draw);
    masks = undefined;
    onProgress((done += 1), total);
  }
  return { ...metricsOf(scored), pictures, images: gallery.images, examples: gallery.draw() };
}

function* requests(nuclei: readonly ScoredNucleus[]): Generator<SegmentRequest> {
  for (const { example, box, jittered } of nuclei) {
    yield { image: example, box };
    yield { image: example, box: jittered };
  }
}

interface Scored {
  readonly nucleus: ScoredNucleus;
  readonly truth: MaskOverlap;
  readonly jittered: MaskOverlap;
}

/** Overlap of a crop's mask with the nucleus, at the image's resolution, without ignored pixels. */
export function maskOverlap(
  { example, label, box }: Pick<ScoredNucleus, 'example' | 'label' | 'box'>,
  crop: SegmentedCrop,
  threshold: number,
): MaskOverlap {
  const { labelImage, ignore } = example;
  return overlapWith({ labelImage, label, box, ignore }, pasteBody(crop, labelImage), threshold);
}

function metricsOf(scored: readonly Scored[]): Pick<ValidationResult, 'score' | 'metrics'> {
  const given = (part: readonly Scored[], boxes: 'truth' | 'jittered') =>
    maskMetrics(part.map((one) => one[boxes]));
  const parts = [
    ...[...new Set(scored.flatMap(({ nucleus }) => nucleus.example.cluster ?? []))].sort().map((cluster) => ({
      name: `cluster-${cluster}`,
      part: scored.filter(({ nucleus }) => nucleus.example.cluster === cluster),
    })),
    ...sizeClasses.map(({ name }, index) => ({
      name,
      part: scored.filter(({ nucleus }) => sizeClassOf(nucleus.area) === index),
    })),
  ];
  const score = scoreByImage(scored) ?? 0;
  return {
    score,
    metrics: Object.fromEntries([
      ['score', score],
      ...named('', given(scored, 'truth')),
      ...named('jittered/', given(scored, 'jittered')),
      ...parts.flatMap(({ name, part }) => [
        [`${name}/score`, scoreByImage(part)] as const,
        ...named(`${name}/`, given(part, 'truth')),
      ]),
    ]),
  };
}

/** null without a nucleus. */
function scoreByImage(scored: readonly Scored[]): number | null {
  const images = new Map<Example, MaskOverlap[]>();
  for (const { nucleus, jittered } of scored) {
    const overlaps = images.get(nucleus.example);
    if (overlaps) overlaps.push(jittered);
    else images.set(nucleus.example, [jittered]);
  }
  const scores = [...images.values()].map((overlaps) => maskMetrics(overlaps).score!);
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

const named = (prefix: string, { meanIou, above }: MaskMetrics) => [
  [`${prefix}meanIou`, meanIou] as const,
  ...iouPercents.map((percent, index) => [`${prefix}above${percent}`, above[index]!] as const),
];
