/** What a log makes, for other programs: a label image, and where it is complete. It can always be made anew. */
import { labelTiff } from '../../data/image/label-tiff.js';
import { replaceSynced } from '../../run/durable-files.js';
import { acceptedLabels } from '../protocol/accepted.js';
import type { AnnotationState } from '../protocol/state.js';

/**
 * Writes `STEM.tif`, the nuclei that somebody has accepted, and then `STEM.json`: which event they are of, the regions that
 * were reviewed, and each nucleus. Both are of the state as it is when this is called.
 *
 * @throws {Error} Of the operating system.
 */
export async function writeSnapshot(stem: string, state: AnnotationState): Promise<void> {
  const { width, height, seq, hash, reviewed, skipped } = state;
  const tiff = labelTiff({ width, height, labels: acceptedLabels(state) });
  const objects = [...state.objects.values()];
  const text = JSON.stringify({ seq, hash, width, height, reviewed, skipped, objects }, null, 1);
  await replaceSynced(`${stem}.tif`, tiff);
  await replaceSynced(`${stem}.json`, `${text}\n`);
}
