/**
 * Makes a label image of candidates. Every step works within the rectangle of a candidate, never on the whole image.
 *
 * Sources: the steps of the 2018 Data Science Bowl's solutions (Mirzaev, Deep Retina, NucleiDetectron, topcoders) that
 * src/config/assemble.ts names at each setting.
 */
import { boxIou } from '../../data/geometry/box.js';
import type { Size } from '../../data/geometry/rect.js';
import type { AssembleSettings } from '../../config/assemble.js';
import { BoxIndex } from '../../data/geometry/box-index.js';
import { maskOf, compareMasks, maskIou, rowStart, type CandidateMask } from './candidate-mask.js';
import { pasteCandidate, type Candidate, type PastedCandidate } from './candidate.js';
import type { Segmentation } from './segmentation.js';
import { tidyInstances } from './tidy-instances.js';

/** Pastes the candidates and assembles them: {@link assemblePasted}. */
export function assembleInstances(
  image: Size,
  candidates: readonly Candidate[],
  settings: AssembleSettings,
): Segmentation {
  const pasted = candidates.map((candidate) => pasteCandidate(candidate, image));
  return assemblePasted(image, pasted, settings);
}

/**
 * Makes a label image of pasted candidates, in this order:
 *
 * 1. Each candidate gets its mask and its score; low-scoring and too large ones are dropped.
 * 2. In descending order of score ({@link compareMasks}), a candidate is dropped if its IoU with one that was kept is
 *    too high, or if kept ones own too much of its mask. A dropped candidate has no effect on later ones, so that a
 *    nucleus is never lost to something that is not in the result.
 * 3. Pieces, holes, dilation, size and border, see {@link tidyInstances}.
 *
 * The result does not depend on the order of the candidates; labels are 1..n in descending order of score.
 *
 * @param image px; the size of the label image.
 * @param pasted For this image; not changed. Without any, the label image is empty.
 */
export function assemblePasted(
  image: Size,
  pasted: readonly PastedCandidate[],
  settings: AssembleSettings,
): Segmentation {
  return assembleMasks(
    image,
    pasted.flatMap((candidate) => maskOf(candidate, settings) ?? []),
    settings,
  );
}

/**
 * The same from masks that were made with the same settings; for large images they take much less memory than
 * candidates.
 */
export function assembleMasks(
  image: Size,
  unordered: readonly CandidateMask[],
  settings: AssembleSettings,
): Segmentation {
  const masks = unordered.toSorted(compareMasks);
  const { width, height } = image;
  const labelImage = { width, height, labels: new Int32Array(width * height) };
  const kept: CandidateMask[] = [];
  const index = new BoxIndex();
  for (const mask of masks) {
    const box = settings.nms === 'box' ? mask.detection.box : mask.box;
    const isDouble = index
      .near(box)
      .some((rival) => iou(mask, kept[rival]!, settings) > settings.nmsThreshold);
    if (isDouble || !claimPixels(labelImage.labels, width, mask, kept, settings)) continue;
    index.add(box, kept.length - 1);
  }
  return tidyInstances(labelImage, kept, settings);
}

const iou = (one: CandidateMask, other: CandidateMask, { nms }: AssembleSettings) =>
  nms === 'box' ? boxIou(one.detection.box, other.detection.box) : maskIou(one, other);

/**
 * Writes a mask into the label image and appends it to `kept`, where its label is its index + 1.
 *
 * @returns false, without any change, if higher-scoring masks own too much of it.
 */
function claimPixels(
  labels: Int32Array,
  width: number,
  mask: CandidateMask,
  kept: CandidateMask[],
  { overlap, maxLost }: AssembleSettings,
): boolean {
  const { box, values } = mask;
  const label = kept.length + 1;
  const won = new Int32Array(mask.area);
  let wonCount = 0;
  for (let y = box.y1; y < box.y2; y++) {
    const row = rowStart(mask, y);
    for (let x = box.x1; x < box.x2; x++) {
      const value = values[row + x]!;
      if (value === 0) continue;
      const owner = labels[y * width + x]!;
      if (owner !== 0) {
        if (overlap === 'score') continue;
        const rival = kept[owner - 1]!;
        if (value <= rival.values[rowStart(rival, y) + x]!) continue;
      }
      won[wonCount++] = y * width + x;
    }
  }
  if (wonCount === 0 || mask.area - wonCount > maxLost * mask.area) return false;
  for (const pixel of won.subarray(0, wonCount)) labels[pixel] = label;
  kept.push(mask);
  return true;
}
