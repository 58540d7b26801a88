import type { Problem } from '../errors.js';
import { evaluateImage, type ImageEvaluation } from './evaluate-image.js';
import type { DrawnInstances } from './instance-canvas.js';
import { problemsOf, refuseSource, type PredictionSource, type TruthSource } from './sources/source.js';
import { summarise, type Evaluation } from './summarise.js';

/** What it took to make label images of objects that overlap; all 0 where none does. */
export interface OverlapCounts {
  /** Images with at least one of the others. */
  readonly images: number;
  /** Pixels that objects had to leave to earlier ones. */
  readonly pixels: number;
  /** Objects without a pixel of their own. */
  readonly pixelless: number;
}

/** One set of predictions with its figures. */
export interface ScoredTarget {
  readonly source: PredictionSource;
  readonly overlaps: OverlapCounts;
  readonly evaluation: Evaluation;
}

export interface Scored {
  /** Of the true objects; those without a pixel are left out of the truth. */
  readonly truthOverlaps: OverlapCounts;
  /** In the order of the predictions. */
  readonly targets: readonly ScoredTarget[];
}

export interface ScoreSourcesOptions {
  /** Modality cluster by image id. */
  readonly clusters?: ReadonlyMap<string, string>;
  /** Called after each image with the number of images done. */
  readonly onImage?: (done: number) => void;
}

/** Images that are decoded while another is scored; this many are in memory, once for the truth and each target. */
const readAhead = 4;

/**
 * Scores sets of predictions against one truth, image by image.
 *
 * @throws {NucleateError} Exit code 3 with every problem at once: an image without prediction, a prediction of an image
 *   that is not in the truth, a file that cannot be read, a wrong size.
 */
export async function scoreSources(
  truth: TruthSource,
  predictions: readonly PredictionSource[],
  { clusters, onImage }: ScoreSourcesOptions = {},
): Promise<Scored> {
  const mend = 'Mend the predictions, or give --data the data that they were made for.';
  const unknown = predictions.flatMap((prediction) => idProblems(truth, prediction));
  refuseSource(truth.path, 'The predictions have', unknown, mend);

  const problems: Problem[] = [];
  const targets = predictions.map((source) => ({
    source,
    overlaps: noOverlaps,
    images: [] as ImageEvaluation[],
  }));
  let truthOverlaps = noOverlaps;
  let done = 0;
  for await (const { id, gt, preds, problems: found } of inOrder(truth.ids, (id) =>
    readAll(truth, predictions, id),
  )) {
    onImage?.(++done);
    if (found) {
      problems.push(...found);
      continue;
    }
    truthOverlaps = withImage(truthOverlaps, gt);
    const cluster = clusters?.get(id);
    targets.forEach((target, index) => {
      const { labelImage, pixelless } = preds[index]!;
      target.overlaps = withImage(target.overlaps, preds[index]!);
      target.images.push(
        evaluateImage(gt.labelImage, labelImage, {
          id,
          pixelless,
          ...(cluster === undefined ? {} : { cluster }),
        }),
      );
    });
  }
  refuseSource(truth.path, 'Data and predictions have', problems, 'Mend what is listed.');
  return {
    truthOverlaps,
    targets: targets.map(({ source, overlaps, images }) => ({
      source,
      overlaps,
      evaluation: summarise(images),
    })),
  };
}

function idProblems(truth: TruthSource, prediction: PredictionSource): Problem[] {
  const wanted = new Set(truth.ids);
  const given = new Set(prediction.ids);
  const where = prediction.path;
  return [
    ...truth.ids
      .filter((id) => !given.has(id))
      .map((id) => ({ what: `The image ${id} has no prediction.`, where })),
    ...prediction.ids
      .filter((id) => !wanted.has(id))
      .map((id) => ({ what: `${id} is predicted and no image of the data.`, where })),
  ];
}

const noOverlaps: OverlapCounts = { images: 0, pixels: 0, pixelless: 0 };

function withImage(counts: OverlapCounts, { pixelless, overlapPixels }: DrawnInstances): OverlapCounts {
  return {
    images: counts.images + (pixelless + overlapPixels > 0 ? 1 : 0),
    pixels: counts.pixels + overlapPixels,
    pixelless: counts.pixelless + pixelless,
  };
}

/** The truth and all predictions of an image, or what is wrong with them. */
type ReadImage =
  | {
      readonly id: string;
      readonly gt: DrawnInstances;
      readonly preds: readonly DrawnInstances[];
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
): Promise<ReadImage> {
  try {
    const gt = await truth.read(id);
    const preds: DrawnInstances[] = [];
    for (const prediction of predictions) preds.push(await prediction.read(id, gt.labelImage));
    return { id, gt, preds };
  } catch (error) {
    return { id, problems: problemsOf(error, id) };
  }
}

/** Starts reading the next ids while one is used; yields in the order of the ids. */
async function* inOrder<T>(ids: readonly string[], read: (id: string) => Promise<T>): AsyncGenerator<T> {
  const pending: Promise<T>[] = [];
  for (const id of ids) {
    pending.push(read(id));
    if (pending.length > readAhead) yield await pending.shift()!;
  }
  for (const rest of pending) yield await rest;
}
