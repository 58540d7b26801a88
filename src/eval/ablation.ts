import { measureInstances } from '../data/geometry/label-image.js';
import { boxAt, boxIou } from '../data/geometry/box.js';
import { renumberLabels } from '../data/read/example.js';
import { matchDetections } from './box-matching.js';
import { evaluateImage } from './evaluate-image.js';
import { maskMetrics, type MaskOverlap } from './mask-metrics.js';
import { overlapWith } from './mask-overlap.js';
import { boxesWithoutIgnored, withoutIgnored } from './without-ignored.js';
import type { ScoredBoxes, ModelStages, TrueInstances } from './sources/source.js';

/** One image with the truth in place of one stage of a model. */
export interface ImageAblation {
  readonly cluster?: string | undefined;
  readonly gtCount: number;
  /** True boxes that a sure enough detection hits at IoU >= 0.5. */
  readonly foundCount: number;
  /** `[gtCount]` the mask in each true box against its nucleus. */
  readonly masks: readonly MaskOverlap[];
  /** Score of the model's masks in the true boxes. */
  readonly trueBoxes: number;
  /** Score of the true masks in the model's boxes. */
  readonly trueMasks: number;
}

/** Which stage of a model costs how much, over a set of images. */
export interface AblationMetrics {
  readonly gtCount: number;
  /** Share of the true boxes that a sure enough detection hits at IoU >= 0.5; null where there is no true box. */
  readonly boxRecall: number | null;
  /** Mean IoU of the masks in the true boxes, one nucleus as much as another; null where there is none. */
  readonly maskIou: number | null;
  /** Mean over images of {@link ImageAblation.trueBoxes}: what a perfect detector would give. */
  readonly trueBoxes: number;
  /** Mean over images of {@link ImageAblation.trueMasks}: what a perfect segmenter would give. */
  readonly trueMasks: number;
}

export interface Ablation extends AblationMetrics {
  /** In ascending order of their names; empty where no image has one. */
  readonly clusters: readonly (AblationMetrics & { readonly cluster: string })[];
}

/** IoU from which a box is that of a nucleus, as in COCO's recall at 0.5. */
const hitIou = 0.5;

/**
 * Tries both stages of a model on one image with the truth in place of the other:
 *
 * - true boxes, our masks: the segmenter gets the tight box of every nucleus, and its masks are put together as always;
 * - our boxes, true masks: a box that hits a nucleus (IoU >= 0.5) gets its true mask; several on one nucleus are one,
 *   as equal masks always are; a box that hits none is an extra prediction. So this score is the same at all
 *   thresholds, that of the boxes at 0.5.
 *
 * @param boxes All that the model detects; those surer than its threshold count.
 */
export async function ablateImage(
  id: string,
  { labelImage, ignore, cluster }: TrueInstances,
  boxes: ScoredBoxes,
  stages: ModelStages,
): Promise<ImageAblation> {
  const reviewed = ignore ? withoutIgnored(labelImage, ignore).labelImage : labelImage;
  const { labels, instanceCount } = renumberLabels(reviewed.labels);
  const truth = { ...reviewed, labels };
  const { boxes: gtBoxes } = measureInstances(truth, instanceCount);

  const segmented = await stages.segmentBoxes(id, gtBoxes);
  const masks = segmented.masks.map((plane, gt) =>
    overlapWith({ labelImage: truth, label: gt + 1, box: boxAt(gtBoxes, gt), ignore }, plane ?? noMask, 0),
  );
  const known = ignore ? boxesWithoutIgnored(boxes, ignore, labelImage) : boxes;
  const { found, extra } = hits(gtBoxes, known, stages.scoreThreshold);
  const foundAlone = { ...truth, labels: labels.map((label) => (found[label - 1] === true ? label : 0)) };
  return {
    cluster,
    gtCount: instanceCount,
    foundCount: found.filter(Boolean).length,
    masks,
    trueBoxes: evaluateImage(labelImage, segmented.labelImage, { id, ignore }).score,
    trueMasks: evaluateImage(truth, foundAlone, { id, withoutPixels: extra }).score,
  };
}

const noMask = { x: 0, y: 0, width: 0, height: 0, values: [] };

/** Which true boxes are hit, and how many sure enough detections hit none. */
function hits(gtBoxes: Float32Array, { predBoxes, scores }: ScoredBoxes, scoreThreshold: number) {
  const sure = Array.from(scores.keys()).filter((k) => scores[k]! >= scoreThreshold);
  const sureBoxes = Float32Array.from(sure.flatMap((k) => [...predBoxes.subarray(4 * k, 4 * k + 4)]));
  const sureScores = Float32Array.from(sure, (k) => scores[k]!);
  const [takers] = matchDetections({ gtBoxes, predBoxes: sureBoxes, scores: sureScores }).matchedRanks;
  const found = Array.from(takers!, (taker) => taker !== -1);
  const hitsNone = (pred: number) =>
    found.every((_, gt) => boxIou(boxAt(gtBoxes, gt), boxAt(sureBoxes, pred)) < hitIou);
  return { found, extra: sure.filter((_, pred) => hitsNone(pred)).length };
}

/**
 * Sums up the images of one model.
 *
 * @param images At least one.
 */
export function ablation(images: readonly ImageAblation[]): Ablation {
  const names = [...new Set(images.flatMap(({ cluster }) => cluster ?? []))].sort();
  return {
    ...metricsOf(images),
    clusters: names.map((name) => ({
      cluster: name,
      ...metricsOf(images.filter(({ cluster }) => cluster === name)),
    })),
  };
}

function metricsOf(images: readonly ImageAblation[]): AblationMetrics {
  const sum = (value: (image: ImageAblation) => number) =>
    images.reduce((total, image) => total + value(image), 0);
  const gtCount = sum((image) => image.gtCount);
  return {
    gtCount,
    boxRecall: gtCount === 0 ? null : sum(({ foundCount }) => foundCount) / gtCount,
    maskIou: maskMetrics(images.flatMap(({ masks }) => masks)).meanIou,
    trueBoxes: sum(({ trueBoxes }) => trueBoxes) / images.length,
    trueMasks: sum(({ trueMasks }) => trueMasks) / images.length,
  };
}
