import { join } from 'node:path';
import { measureInstances } from '../data/geometry/label-image.js';
import { encodePng } from '../data/image/image-io.js';
import { readExamples } from '../data/read/dataset.js';
import type { Example } from '../data/read/example.js';
import type { Dataset } from '../data/read/layout.js';
import { problemsError } from '../data/read/problems.js';
import type { Instance, Segmentation } from './assemble/segmentation.js';
import type { OutputFormat } from './formats/output-formats.js';
import { safeName } from '../data/files/safe-name.js';
import { writeWhole } from './formats/write-file.js';
import { writeOutputs } from './formats/write-outputs.js';

/**
 * Writes the annotations of a dataset as `nucleate predict` writes nuclei: `<folder>/<format>/<id>.<extension>`. Every score
 * is 1. What has been reviewed is an annotation of the class `Region*` in GeoJSON, and beside the files of other formats that
 * are read back a map, `<id>_ignore.png`.
 *
 * @param onImage Called after each image with how many are done.
 * @throws {NucleateError} Exit code 3 for a dataset with problems; 8 if a file cannot be written.
 */
export async function exportDataset(
  dataset: Dataset,
  folder: string,
  formats: readonly OutputFormat[],
  onImage: (done: number) => void = () => {},
): Promise<void> {
  if (dataset.problems.length > 0) throw problemsError(dataset.path, dataset.problems);
  let done = 0;
  for await (const example of readExamples(dataset)) {
    const { id, image } = example;
    const region = example.ignore?.includes(1) ? { ignore: example.ignore } : {};
    await writeOutputs(folder, id, { image, segmentation: segmentationOf(example), ...region }, formats);
    if ('ignore' in region) await writeMaps(folder, example, region.ignore, formats);
    onImage((done += 1));
  }
}

/** Formats that hold what has been reviewed themselves, and those that are only to be looked at. */
const withoutMaps: readonly OutputFormat[] = ['geojson', 'table', 'overlay', 'outlines'];

async function writeMaps(
  folder: string,
  { id, image: { width, height } }: Example,
  ignore: Uint8Array,
  formats: readonly OutputFormat[],
): Promise<void> {
  const data = ignore.map((value) => 255 * value);
  const bytes = await encodePng({ width, height, channels: 1, data });
  for (const format of formats)
    if (!withoutMaps.includes(format))
      await writeWhole(join(folder, format, `${safeName(id)}_ignore.png`), [bytes]);
}

function segmentationOf({ labelImage, instanceCount }: Example): Segmentation {
  const { boxes, areas } = measureInstances(labelImage, instanceCount);
  const instances = Array.from({ length: instanceCount }, (_, index): Instance => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.subarray(4 * index, 4 * index + 4);
    return { label: index + 1, score: 1, box: { x1, y1, x2, y2 }, area: areas[index]! };
  });
  return { labelImage, instances };
}
