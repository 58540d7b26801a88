import { measureInstances, type LabelImage } from '../data/geometry/label-image.js';
import { mapConcurrently } from '../map-concurrently.js';
import { renumberLabels, sumOmissions, type Omission } from '../data/read/example.js';
import { problemsOf } from '../data/read/problems.js';
import { NucleateError, type Problem } from '../errors.js';
import { ablateImage, ablation, type Ablation, type ImageAblation } from './ablation.js';
import { boxReport, type BoxImage, type BoxReport } from './box-report.js';
import { evaluateImage, type ImageEvaluation } from './evaluate-image.js';
import { boxesWithoutIgnored, withoutIgnored } from './without-ignored.js';
import { selectAll, type Selection } from './selection.js';
import {
  throwIfProblems,
  type ScoredBoxes,
  type LabelledObjects,
  type PredictedInstances,
  type PredictionSource,
  type TrueInstances,
  type TruthSource,
} from './sources/source.js';
import { withIdsOf } from './sources/with-ids-of.js';
import { summarise, type Evaluation } from './summarise.js';

/** Objects that overlap: a label image can give each pixel to one object only. All 0 where none overlap. */
export interface OverlapCounts {
  /** Images with overlapping objects. */
  readonly images: number;
  /** Pixels that objects lost to earlier ones. */
  readonly pixels: number;
  /** Objects that keep no pixel. */
  readonly withoutPixels: number;
}

/** One set of predictions with its metrics. */
export interface ScoredTarget {
  readonly source: PredictionSource;
  readonly overlaps: OverlapCounts;
  /** What it has besides nuclei, and was not scored. */
  readonly leftOut: readonly Omission[];
  readonly evaluation: Evaluation;
  /** null where the predictions have no scores. */
  readonly boxes: BoxReport | null;
  /** null unless asked for, or where the predictions come from no model. */
  readonly ablation: Ablation | null;
}

export interface Scored {
  /** Overlaps of the true objects; those without a pixel are left out of the truth. */
  readonly truthOverlaps: OverlapCounts;
  /** What the truth has besides nuclei. */
  readonly truthLeftOut: readonly Omission[];
  /** In the order of the predictions. */
  readonly targets: readonly ScoredTarget[];
}

export interface ScoreSourcesOptions {
  /** @default all images */
  readonly selection?: Selection;
  /** Whether models are scored again with each stage replaced by the truth. @default false */
  readonly ablate?: boolean;
  /** Called after each image with the number of images done. */
  readonly onImage?: (done: number) => void;
}

/** Images that are decoded while another is scored; so many are in memory, once for the truth and each target. */
const prefetchCount = 4;

/**
 * Scores sets of predictions against one truth, image by image. Predictions of images that are not selected are not
 * read.
 *
 * @throws {NucleateError} Exit code 3 with all problems at once: an image without a prediction, a prediction for an image
 *   that is not in the data, a file that cannot be read, a wrong size.
 */
export async function scoreSources(
  truth: TruthSource,
  given: readonly PredictionSource[],
  { selection = selectAll(truth), ablate = false, onImage }: ScoreSourcesOptions = {},
): Promise<Scored> {
  const predictions = given.map((prediction) => withIdsOf(truth, prediction));
  const hint = 'Fix the predictions, or give --data the data that they were made for.';
  const unknown = predictions.flatMap((prediction) => idProblems(truth, selection, prediction));
  throwIfProblems(truth.path, 'The predictions have', unknown, hint);

  const problems: Problem[] = [];
  const targets = predictions.map((source) => ({
    source,
    overlaps: noOverlaps,
    leftOut: [] as readonly Omission[],
    images: [] as ImageEvaluation[],
    boxes: [] as BoxImage[],
    ablations: [] as ImageAblation[],
  }));
  let truthOverlaps = noOverlaps;
  let truthLeftOut: readonly Omission[] = [];
  let done = 0;
  const read = (id: string) => readAll(truth, predictions, id, ablate);
  for await (const { id, gt, preds, problems: found } of mapConcurrently(
    selection.ids,
    prefetchCount,
    read,
  )) {
    onImage?.(++done);
    if (found) {
      problems.push(...found);
      continue;
    }
    truthOverlaps = withImage(truthOverlaps, gt);
    truthLeftOut = sumOmissions([truthLeftOut, gt.leftOut]);
    const cluster = selection.clusters?.get(id) ?? gt.cluster;
    targets.forEach((target, index) => {
      const { labelImage, withoutPixels, boxes, ablation } = preds[index]!;
      target.overlaps = withImage(target.overlaps, preds[index]!);
      target.leftOut = sumOmissions([target.leftOut, preds[index]!.leftOut]);
      target.images.push(
        evaluateImage(gt.labelImage, labelImage, {
          id,
          withoutPixels,
          ignore: gt.ignore,
          ...(cluster === undefined ? {} : { cluster }),
        }),
      );
      if (boxes) target.boxes.push({ id, cluster, ...boxImage(gt, boxes) });
      if (ablation) target.ablations.push({ ...ablation, cluster });
    });
  }
  throwIfProblems(truth.path, 'Data and predictions have', problems, 'Fix the listed problems.');
  return {
    truthOverlaps,
    truthLeftOut,
    targets: targets.map(({ source, overlaps, leftOut, images, boxes, ablations }) => ({
      source,
      overlaps,
      leftOut,
      evaluation: summarise(images),
      boxes: boxes.length > 0 ? boxReport(boxes) : null,
      ablation: ablations.length > 0 ? ablation(ablations) : null,
    })),
  };
}

function idProblems(truth: TruthSource, { ids }: Selection, prediction: PredictionSource): Problem[] {
  const wanted = new Set(truth.ids);
  const given = new Set(prediction.ids);
  const where = prediction.path;
  return [
    ...ids
      .filter((id) => !given.has(id))
      .map((id) => ({ what: `The image ${id} has no prediction.`, where })),
    ...prediction.ids
      .filter((id) => !wanted.has(id))
      .map((id) => ({ what: `There is a prediction for ${id}, which is not in the data.`, where })),
  ];
}

const noOverlaps: OverlapCounts = { images: 0, pixels: 0, withoutPixels: 0 };

function withImage(counts: OverlapCounts, { withoutPixels, overlapPixels }: LabelledObjects): OverlapCounts {
  return {
    images: counts.images + (withoutPixels + overlapPixels > 0 ? 1 : 0),
    pixels: counts.pixels + overlapPixels,
    withoutPixels: counts.withoutPixels + withoutPixels,
  };
}

/** True and detected boxes of one image, without those in pixels that no expert has reviewed. */
function boxImage(
  { labelImage, ignore }: TrueInstances,
  detected: ScoredBoxes,
): Pick<BoxImage, 'gtBoxes' | 'predBoxes' | 'scores'> {
  if (!ignore) return { gtBoxes: boxesOf(labelImage), ...detected };
  const gtBoxes = boxesOf(withoutIgnored(labelImage, ignore).labelImage);
  return { gtBoxes, ...boxesWithoutIgnored(detected, ignore, labelImage) };
}

/** The tight boxes of the instances, in ascending order of their labels. */
function boxesOf(labelImage: LabelImage): Float32Array {
  const { labels, instanceCount } = renumberLabels(labelImage.labels);
  return measureInstances({ ...labelImage, labels }, instanceCount).boxes;
}

interface ReadPrediction extends PredictedInstances {
  readonly ablation?: ImageAblation;
}

/** The truth and all predictions of an image, in their order, or their problems. */
type ReadImage =
  | {
      readonly id: string;
      readonly gt: TrueInstances;
      readonly preds: readonly ReadPrediction[];
      readonly problems?: never;
    }
  | {
      readonly id: string;
      readonly gt?: never;
      readonly preds?: never;
      readonly problems: readonly Problem[];
    };

async function readAll(
  truth: TruthSource,
  predictions: readonly PredictionSource[],
  id: string,
  ablate: boolean,
): Promise<ReadImage> {
  try {
    const gt = await truth.read(id);
    const preds: ReadPrediction[] = [];
    for (const prediction of predictions) {
      const { stages } = prediction;
      const pred = await prediction.read(id, gt.labelImage);
      const isAblated = ablate && stages !== undefined && pred.boxes !== undefined;
      preds.push(isAblated ? { ...pred, ablation: await ablateImage(id, gt, pred.boxes, stages) } : pred);
    }
    return { id, gt, preds };
  } catch (error) {
    if (!(error instanceof NucleateError)) throw error;
    return { id, problems: problemsOf(error) };
  }
}
