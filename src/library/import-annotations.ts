import type { LabelReading } from '../data/image/label-values.js';
import type { PlaneChoice } from '../data/image/plane-choice.js';
import { openAnnotated } from '../data/read/open-annotated.js';
import { type PlainSource, writePlainDataset } from '../data/read/plain-dataset.js';
import type { Provenance } from '../data/read/provenance.js';
import { packageVersion } from '../package-version.js';

/** How {@link importAnnotations} makes a dataset. */
export interface ImportOptions extends LabelReading {
  /** The folder to write; must not exist. */
  readonly out: string;
  /** Folder of the annotated images, if they are not beside the annotations; those without annotations are left out. */
  readonly images?: string;
  /** Who annotated the images. */
  readonly annotator?: string;
  /** Such as `CC-BY-4.0`. */
  readonly licence?: string;
  /** Which channel and plane of each file is its image; default: the only one. */
  readonly planes?: PlaneChoice;
  /** Called after each image with the number of images done. */
  readonly onProgress?: (images: number) => void;
}

/**
 * Makes a dataset of annotations of QuPath, ImageJ, COCO tools and others, as `nucleate data import` does: each image as
 * `X.png` with the label image `X_masks.png`, and `provenance.json`.
 *
 * @param sources Files or folders of annotations; without `images`, datasets.
 * @returns What `provenance.json` says.
 * @throws {NucleateError} Exit code 3 for annotations that cannot be read or have no image; 2 if the folder exists. Then
 *   nothing is written.
 */
export async function importAnnotations(
  sources: string | readonly string[],
  { out, images, annotator, licence, onProgress, ...reading }: ImportOptions,
): Promise<Provenance> {
  const opened: PlainSource[] = [];
  try {
    for (const path of typeof sources === 'string' ? [sources] : sources) {
      const { dataset } = await openAnnotated(path, images, reading);
      opened.push({ path, annotator, licence, dataset });
    }
    const options = { version: packageVersion(), now: new Date(), choice: reading };
    return await writePlainDataset(opened, out, { ...options, ...(onProgress && { onImage: onProgress }) });
  } finally {
    for (const { dataset } of opened) await dataset.close();
  }
}
