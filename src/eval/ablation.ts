import { measureInstances } from '../data/geometry/label-image.js';
import { boxAt, boxIou } from '../data/geometry/box.js';
import { renumberLabels } from '../data/read/example.js';
import { matchDetections } from './box-matching.js';
import { evaluateImage } from './evaluate-image.js';
import { maskMetrics, type MaskOverlap } from './mask-metrics.js';
import { overlapWith } from './mask-overlap.js';
import { boxesWithoutIgnored, withoutIgnored } from './without-ignored.js';
import type { ScoredBoxes, ModelStages, TrueInstances } from './sources/source.js';

/** Scores of one image with one stage of a model replaced by the truth. */
export interface ImageAblation {
  readonly cluster?: string | undefined;
  readonly gtCount: number;
  /** True boxes that a detection above the score threshold hits at IoU >= 0.5. */
  readonly foundCount: number;
  /** `[gtCount]` the mask predicted in each true box against its nucleus. */
  readonly masks: readonly MaskOverlap[];
  /** Score of the masks predicted in the true boxes. */
  readonly trueBoxes: number;
  /** Score of the true masks in the predicted boxes. */
  readonly trueMasks: number;
}

/** What each stage of a model costs, over a set of images. */
export interface AblationMetrics {
  readonly gtCount: number;
  /** Fraction of the true boxes that a detection above the score threshold hits at IoU >= 0.5; null without true boxes. */
  readonly boxRecall: number | null;
  /** Mean IoU over nuclei of the masks predicted in the true boxes; null without true boxes. */
  readonly maskIou: number | null;
  /** Mean over images of {@link ImageAblation.trueBoxes}: the score with a perfect detector. */
  readonly trueBoxes: number;
  /** Mean over images of {@link ImageAblation.trueMasks}: the score with a perfect segmenter. */
  readonly trueMasks: number;
}

export interface Ablation extends AblationMetrics {
  /** In ascending order of their names; empty where no image has one. */
  readonly clusters: readonly (AblationMetrics & { readonly cluster: string })[];
}

/** IoU from which a box hits a nucleus, as in COCO's recall at 0.5. */
const hitIou = 0.5;

/**
 * Scores one image twice, each time with one stage of the model replaced by the truth:
 *
 * - true boxes, predicted masks: the segmenter gets the tight box of every nucleus, and its masks are combined as usual;
 * - predicted boxes, true masks: a box that hits a nucleus (IoU >= 0.5) gets its true mask; several boxes on one nucleus
 *   count as one, since their masks are equal; a box that hits none is an extra prediction. This score is therefore the
 *   same at all thresholds.
 *
 * @param boxes All detections of the model; those above its score threshold count.
 */
export async function ablateImage(
  id: string,
  { labelImage, ignore, cluster }: TrueInstances,
  boxes: ScoredBoxes,
  stages: ModelStages,
): Promise<ImageAblation> {
  const known = ignore ? withoutIgnored(labelImage, ignore).labelImage : labelImage;
  const { labels, instanceCount } = renumberLabels(known.labels);
  const truth = { ...known, labels };
  const { boxes: gtBoxes } = measureInstances(truth, instanceCount);

  const segmented = await stages.segmentBoxes(id, gtBoxes);
  const masks = segmented.masks.map((plane, gt) =>
    overlapWith({ labelImage: truth, label: gt + 1, box: boxAt(gtBoxes, gt), ignore }, plane ?? noMask, 0),
  );
  const predicted = ignore ? boxesWithoutIgnored(boxes, ignore, labelImage) : boxes;
  const { found, extra } = hits(gtBoxes, predicted, stages.scoreThreshold);
  const foundNuclei = { ...truth, labels: labels.map((label) => (found[label - 1] === true ? label : 0)) };
  return {
    cluster,
    gtCount: instanceCount,
    foundCount: found.filter(Boolean).length,
    masks,
    trueBoxes: evaluateImage(labelImage, segmented.labelImage, { id, ignore }).score,
    trueMasks: evaluateImage(truth, foundNuclei, { id, withoutPixels: extra }).score,
  };
}

const noMask = { x: 0, y: 0, width: 0, height: 0, values: [] };

/** Which true boxes are hit, and how many detections above the score threshold hit none. */
function hits(gtBoxes: Float32Array, { predBoxes, scores }: ScoredBoxes, scoreThreshold: number) {
  const kept = Array.from(scores.keys()).filter((k) => scores[k]! >= scoreThreshold);
  const keptBoxes = Float32Array.from(kept.flatMap((k) => [...predBoxes.subarray(4 * k, 4 * k + 4)]));
  const keptScores = Float32Array.from(kept, (k) => scores[k]!);
  const [ranks] = matchDetections({ gtBoxes, predBoxes: keptBoxes, scores: keptScores }).matchedRanks;
  const found = Array.from(ranks!, (rank) => rank !== -1);
  const hitsNone = (pred: number) =>
    found.every((_, gt) => boxIou(boxAt(gtBoxes, gt), boxAt(keptBoxes, pred)) < hitIou);
  return { found, extra: kept.filter((_, pred) => hitsNone(pred)).length };
}

/**
 * Summarises the images of one model.
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
