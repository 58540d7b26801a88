import type { Problem } from '../../errors.js';
import { readCsvRows } from './csv-rows.js';
import { refuseSource } from './source.js';

/**
 * Reads the modality cluster of images from a CSV file with the columns `name` or `image_id`, and `cluster`.
 *
 * @returns By image id; an image with an empty field is not in it.
 * @throws {NucleateError} Exit code 3 with line and column; also for an image that is there twice.
 */
export async function readClusters(path: string): Promise<ReadonlyMap<string, string>> {
  const clusters = new Map<string, string>();
  const problems: Problem[] = [];
  for await (const [id, cluster] of readCsvRows(path, [['name', 'image_id'], ['cluster']])) {
    if (clusters.has(id!.text)) {
      problems.push({
        what: `The image ${id!.text} is there twice.`,
        where: `${path}:${id!.line}:${id!.column}`,
      });
    }
    if (cluster!.text !== '') clusters.set(id!.text, cluster!.text);
  }
  refuseSource(path, 'The clusters have', problems, 'Keep one line for each image.');
  return clusters;
}
