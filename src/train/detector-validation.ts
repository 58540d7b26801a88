import { measureInstances } from '../data/geometry/label-image.js';
import { boxAt, type Box } from '../data/geometry/box.js';
import type { Example } from '../data/read/example.js';
import { boxReport, type BoxImage, type BoxReport } from '../eval/box-report.js';
import { boxArrays } from '../predict/detect.js';
import type { Detection, DetectorPredictor } from '../predict/detect.js';
import { drawBoxes } from '../draw/box-overlay.js';
import { jet } from '../draw/jet.js';
import { backgroundOf, baseImage, colours, subsampleImage } from '../draw/overlay.js';
import { panels } from '../draw/panels.js';
import type { ValidationResult } from './task.js';
import { largestSide, ValidationGallery } from './validation-gallery.js';

/** The metrics that are shown, in this order; the first is the score. */
export const detectorMetricNames = ['ap', 'ap50', 'ap75', 'recall50'] as const;

/** Images of each validation that are drawn for TensorBoard. */
const pictureCount = 4;

/** Proposals drawn per image: the highest-scoring ones, few enough to be told apart. */
const drawnProposals = 100;

/** Detections with a higher score are drawn: they are more likely right than wrong. */
const drawnScore = 0.5;

/**
 * Scores boxes as COCO does, at the resolution of the images.
 *
 * The score is box AP: the average precision, mean over the IoU thresholds 0.5 to 0.95. `recall50` is the fraction of
 * nuclei that the 1000 highest-scoring detections of an image hit at IoU 0.5, `recall<IoU>@<detections>` likewise. The
 * prefix `cluster-<name>/` or the name of a size class restricts a metric to these nuclei. `omitted` counts detections beyond
 * the limits of the config.
 */
export async function validateDetector(
  predictor: Pick<DetectorPredictor, 'detect'>,
  examples: readonly Example[],
  onProgress: (done: number, total: number) => void,
): Promise<ValidationResult> {
  const images: BoxImage[] = [];
  const pictures: ValidationResult['pictures'][number][] = [];
  const step = Math.max(1, Math.floor(examples.length / pictureCount));
  const gallery = new ValidationGallery();
  let omitted = 0;
  for (const [index, example] of examples.entries()) {
    const isShown = index % step === 0 && pictures.length < 2 * pictureCount;
    const proposals: Detection[] = [];
    const onProposals = (ofTile: readonly Detection[]) => void proposals.push(...ofTile);
    const onTile = (fraction: number) => onProgress(index + fraction, examples.length);
    const found = await predictor.detect(example, {
      onProgress: onTile,
      ...(isShown && { onProposals }),
    });
    omitted += found.omitted;
    const image = boxImage(example, found.detections);
    images.push(image);
    gallery.add(example, boxReport([image]).ap, () => detectedPanels(example, found.detections));
    if (isShown) {
      pictures.push(
        { name: example.id, image: picture(example, found.detections) },
        { name: `${example.id}-proposals`, image: proposalPicture(example, proposals) },
      );
    }
  }
  const report = boxReport(images);
  return {
    score: report.ap ?? 0,
    metrics: { ...metricsOf(report), omitted },
    pictures,
    images: gallery.images,
    examples: gallery.draw(),
  };
}

function boxImage(
  { id, cluster, labelImage, instanceCount }: Example,
  detections: readonly Detection[],
): BoxImage {
  return {
    id,
    ...(cluster !== undefined && { cluster }),
    gtBoxes: measureInstances(labelImage, instanceCount).boxes,
    ...boxArrays(detections),
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

/** Three panels: the image, the true boxes in white, the detections in colours. */
function detectedPanels({ image, labelImage, instanceCount }: Example, detections: readonly Detection[]) {
  const step = Math.ceil(Math.max(image.width, image.height) / largestSide);
  const base = subsampleImage(baseImage(image, labelImage), step);
  const thin = ({ x1, y1, x2, y2 }: Box) => ({ x1: x1 / step, y1: y1 / step, x2: x2 / step, y2: y2 / step });
  const { boxes } = measureInstances(labelImage, instanceCount);
  const truth = Array.from({ length: instanceCount }, (_, k) => thin(boxAt(boxes, k)));
  const drawn = detections.filter(({ score }) => score > drawnScore).map(({ box }) => thin(box));
  return panels([
    base,
    drawBoxes(backgroundOf(base), [{ boxes: truth, colour: colours.truth }]),
    drawBoxes(
      base,
      drawn.map((box, k) => ({ boxes: [box], colour: jetHue(k) })),
    ),
  ]);
}

/** Twelve colours in turn, neighbours far apart, without the dark ends of jet, which are hard to see on dark images. */
const jetHue = (index: number) => jet(0.25 + (0.62 * ((5 * index) % 12)) / 11);

/** The true boxes in white, detections over them in orange. */
function picture({ image, labelImage, instanceCount }: Example, detections: readonly Detection[]) {
  const { boxes } = measureInstances(labelImage, instanceCount);
  const drawn = detections.filter(({ score }) => score > drawnScore).map(({ box }) => box);
  return drawBoxes(image, [
    { boxes: Array.from({ length: instanceCount }, (_, k) => boxAt(boxes, k)), colour: colours.truth },
    { boxes: drawn.reverse(), colour: colours.prediction },
  ]);
}

/** The highest-scoring proposals in colours of jet, blue to red by score, with the true boxes in white over them. */
function proposalPicture({ image, labelImage, instanceCount }: Example, proposals: readonly Detection[]) {
  const { boxes } = measureInstances(labelImage, instanceCount);
  const highest = [...proposals].sort((one, other) => other.score - one.score).slice(0, drawnProposals);
  return drawBoxes(image, [
    ...highest.reverse().map(({ box, score }) => ({ boxes: [box], colour: jet(score) })),
    { boxes: Array.from({ length: instanceCount }, (_, k) => boxAt(boxes, k)), colour: colours.truth },
  ]);
}
