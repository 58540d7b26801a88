import type { DetectorConfig } from '../config/detector.js';
import { boxAt, measureInstances } from '../data/boxes.js';
import type { Example } from '../data/example.js';
import { boxReport, type BoxImage, type BoxReport } from '../eval/box-report.js';
import type { Detection, DetectorPredictor } from '../predict/detect.js';
import { randomFor } from '../random.js';
import { drawBoxes } from '../report/box-overlay.js';
import { colours } from '../report/overlay.js';
import type { ValidationResult } from './task.js';

/** The images of the validation split that are scored: all, or some drawn by the seed; in the order of their ids. */
export function scoredImages(
  examples: readonly Example[],
  { seed, predict }: Pick<DetectorConfig, 'seed' | 'predict'>,
): Example[] {
  if (predict.images === 0 || predict.images >= examples.length) return [...examples];
  const drawn = randomFor(seed, 'validation-images').shuffle(examples.map((_, index) => index));
  const kept = new Set(drawn.slice(0, predict.images));
  return examples.filter((_, index) => kept.has(index));
}

/** The figures that are shown, in this order; the first is the score. */
export const detectorMetricNames = ['ap', 'ap50', 'ap75', 'recall50'] as const;

/** Images of each validation that are drawn for TensorBoard. */
const pictureCount = 4;

/** Detections that are drawn: surer ones are more likely right than wrong. */
const drawnScore = 0.5;

/**
 * Scores boxes in the way of COCO, at the resolution of the images.
 *
 * The score is the average precision, mean over the IoUs 0.5 to 0.95. `recall50` is the share of nuclei that the first
 * 1000 detections of an image hit at IoU 0.5, `recall<IoU>@<detections>` likewise; with `cluster-<name>/` or the name of
 * a size class in front, those of a part of the nuclei.
 */
export async function validateDetector(
  predictor: DetectorPredictor,
  examples: readonly Example[],
  onProgress: (done: number, total: number) => void,
): Promise<ValidationResult> {
  const images: BoxImage[] = [];
  const pictures: ValidationResult['pictures'][number][] = [];
  const step = Math.max(1, Math.floor(examples.length / pictureCount));
  let omitted = 0;
  for (const [index, example] of examples.entries()) {
    const found = await predictor.detect(example);
    omitted += found.omitted;
    images.push(boxImage(example, found.detections));
    if (index % step === 0 && pictures.length < pictureCount)
      pictures.push({ name: example.id, image: picture(example, found.detections) });
    onProgress(index + 1, examples.length);
  }
  const report = boxReport(images);
  return { score: report.ap ?? 0, metrics: { ...metricsOf(report), omitted }, pictures };
}

function boxImage(
  { id, cluster, labelImage, instanceCount }: Example,
  detections: readonly Detection[],
): BoxImage {
  return {
    id,
    ...(cluster !== undefined && { cluster }),
    gtBoxes: measureInstances(labelImage, instanceCount).boxes,
    predBoxes: Float32Array.from(detections.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2])),
    scores: Float32Array.from(detections, ({ score }) => score),
  };
}

function metricsOf(report: BoxReport): Record<string, number | null> {
  const { ap, ap50, ap75, clusters, sizeClasses } = report;
  return Object.fromEntries([
    ...Object.entries({ ap, ap50, ap75 }),
    ...recalls('', report),
    ...clusters.flatMap((of) => [
      [`cluster-${of.cluster}/ap`, of.ap] as const,
      ...recalls(`cluster-${of.cluster}/`, of),
    ]),
    ...sizeClasses.flatMap((of) => recalls(`${of.name}/`, of)),
  ]);
}

const recalls = (prefix: string, { recall }: Pick<BoxReport, 'recall'>): [string, number | null][] => [
  [`${prefix}recall50`, recall.at(-1)!.atIou50],
  ...recall.flatMap(({ maxDetections, atIou50, mean }): [string, number | null][] => [
    [`${prefix}recall50@${maxDetections}`, atIou50],
    [`${prefix}recall@${maxDetections}`, mean],
  ]),
];

/** Nuclei in white, detections over them in orange. */
function picture({ image, labelImage, instanceCount }: Example, detections: readonly Detection[]) {
  const { boxes } = measureInstances(labelImage, instanceCount);
  const sure = detections.filter(({ score }) => score > drawnScore).map(({ box }) => box);
  return drawBoxes(image, [
    { boxes: Array.from({ length: instanceCount }, (_, k) => boxAt(boxes, k)), colour: colours.truth },
    { boxes: sure.reverse(), colour: colours.prediction },
  ]);
}
