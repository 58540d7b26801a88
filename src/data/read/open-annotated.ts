import { withoutAnnotations } from './annotations/join-images.js';
import { type DatasetOptions, openDataset } from './dataset.js';
import type { Dataset } from './layout.js';

/** Annotations that are to be made a dataset. */
export interface Annotated {
  /** The caller closes it. */
  readonly dataset: Dataset;
  /** How many images have no annotations; they are left out. */
  readonly leftOut: number;
}

/**
 * Opens annotations with their images.
 *
 * @param path A file or folder of annotations; without `images` a dataset.
 * @param images Folder of the images. Those without annotations are left out.
 * @throws {NucleateError} As `openDataset`.
 */
export async function openAnnotated(
  path: string,
  images: string | undefined,
  reading: Omit<DatasetOptions, 'labels'>,
): Promise<Annotated> {
  if (images === undefined) return { dataset: await openDataset(path, reading), leftOut: 0 };
  const dataset = await openDataset(images, { ...reading, labels: path });
  const problems = dataset.problems.filter(({ what }) => what !== withoutAnnotations);
  return { dataset: { ...dataset, problems }, leftOut: dataset.problems.length - problems.length };
}
