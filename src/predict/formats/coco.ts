/**
 * Source: the COCO data format, https://cocodataset.org/#format-data: a dataset file, which more programs read than a
 * result file, with the `score` of those.
 */
import { cocoCounts, packCocoCounts } from '../../data/geometry/coco-rle.js';
import { masksOfLabels } from '../../data/geometry/mask.js';
import type { Segmentation } from '../assemble/segmentation.js';
import type { Encode } from './encode.js';
import { polygonsOf } from './polygons.js';
import { shortNumber } from './short-number.js';

export interface CocoImage {
  /** As the annotations name it; of a dataset, which has one number for each image. */
  readonly id: number;
  readonly fileName: string;
  readonly segmentation: Segmentation;
}

/** How masks are written. Polygons are for programs without run lengths; a mask with holes has run lengths anyway. */
export type CocoMasks = 'run-length' | 'polygons';

/** A COCO dataset of these images, piece by piece. */
export function* cocoDocument(images: readonly CocoImage[], masks: CocoMasks): Generator<string> {
  yield '{"info":{"description":"Nuclei found by nucleate"},"licenses":[],\n';
  yield '"categories":[{"id":1,"name":"nucleus","supercategory":"cell"}],\n"images":[';
  let separator = '\n';
  for (const { id, fileName, segmentation } of images) {
    const { width, height } = segmentation.labelImage;
    yield separator + JSON.stringify({ id, file_name: fileName, width, height });
    separator = ',\n';
  }
  yield '],\n"annotations":[';
  separator = '\n';
  let annotationId = 0;
  for (const image of images) {
    for (const annotation of annotationsOf(image, masks)) {
      yield separator + JSON.stringify({ id: ++annotationId, ...annotation });
      separator = ',\n';
    }
  }
  yield ']}\n';
}

function* annotationsOf({ id, segmentation }: CocoImage, masks: CocoMasks) {
  const { labelImage, instances } = segmentation;
  const runsOf = masksOfLabels(labelImage.labels, labelImage);
  for (const [index, instance] of instances.entries()) {
    const { box, area, score } = instance;
    const runLength = () => ({
      size: [labelImage.height, labelImage.width],
      counts: packCocoCounts(cocoCounts(runsOf[index]!.runs, labelImage)),
    });
    const polygons = masks === 'polygons' ? polygonsOf(labelImage, instance) : [];
    const asPolygons = polygons.length > 0 && polygons.every(({ holes }) => holes.length === 0);
    yield {
      image_id: id,
      category_id: 1,
      segmentation: asPolygons ? polygons.map(({ outer }) => outer) : runLength(),
      area,
      bbox: [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1],
      iscrowd: 0,
      score: shortNumber(score),
    };
  }
}

/** A COCO dataset of one image. */
export const encodeCoco =
  (masks: CocoMasks): Encode =>
  (name, { segmentation, fileName = name }) => ({
    extension: '.json',
    pieces: cocoDocument([{ id: 1, fileName, segmentation }], masks),
  });
