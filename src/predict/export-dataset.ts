import { measureInstances } from '../data/geometry/label-image.js';
import { readExamples } from '../data/read/dataset.js';
import type { Example } from '../data/read/example.js';
import type { Dataset } from '../data/read/layout.js';
import { problemsError } from '../data/read/problems.js';
import type { Instance, Segmentation } from './assemble/segmentation.js';
import type { OutputFormat } from './formats/output-formats.js';
import { writeOutputs } from './formats/write-outputs.js';

/**
 * Writes the annotations of a dataset as `nucleate predict` writes nuclei: `<folder>/<format>/<id>.<extension>`. Every score
 * is 1. Reviewed regions are not written.
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
    await writeOutputs(folder, id, { image, segmentation: segmentationOf(example) }, formats);
    onImage((done += 1));
  }
}

function segmentationOf({ labelImage, instanceCount }: Example): Segmentation {
  const { boxes, areas } = measureInstances(labelImage, instanceCount);
  const instances = Array.from({ length: instanceCount }, (_, index): Instance => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.subarray(4 * index, 4 * index + 4);
    return { label: index + 1, score: 1, box: { x1, y1, x2, y2 }, area: areas[index]! };
  });
  return { labelImage, instances };
}
