import type { LabelImage } from '../../data/geometry/label-image.js';
import type { Box } from '../../data/geometry/box.js';
import type { Size } from '../../data/geometry/rect.js';
import type { AssembleSettings } from '../../config/assemble.js';
import type { CandidateMask } from './candidate-mask.js';
import { bitmapOf, holePixels, imageIndex, piecesOf } from '../../data/geometry/bitmap.js';
import { dilate, erode } from './morphology.js';
import type { Instance, Segmentation } from './segmentation.js';

/**
 * Post-processes instances, each step for all of them: keeps the largest piece of each, fills holes, dilates or erodes
 * (and again keeps the largest piece), removes those that are too small, too large or, if asked, at the border of the
 * image, and numbers the rest 1..n in their order. Pixels that an instance loses become background. No step takes pixels
 * from another instance.
 *
 * @param labelImage Label k + 1 for the k-th mask, k from 0; is changed and becomes part of the result.
 */
export function tidyInstances(
  labelImage: LabelImage,
  masks: readonly CandidateMask[],
  settings: AssembleSettings,
): Segmentation {
  const { pieces, fillHoles: fills, dilation } = settings;
  const found = masks.map(({ score, box }, index) => ({ label: index + 1, score, box }));
  const keepsLargest = pieces === 'largest';
  if (keepsLargest) for (const { label, box } of found) keepLargestPiece(labelImage, label, box);
  if (fills) for (const { label, box } of found) fillHoles(labelImage, label, box);
  const grown = dilation > 0 ? dilate(labelImage, found, dilation) : found;
  if (dilation < 0) {
    erode(labelImage, grown, -dilation);
    if (keepsLargest) for (const { label, box } of grown) keepLargestPiece(labelImage, label, box);
  }
  const instances: Instance[] = [];
  for (const { label, score, box } of grown) {
    const measured = measure(labelImage, label, box);
    if (isKept(measured, labelImage, settings)) {
      // Labels only decrease, and an instance with the new label was renumbered before.
      const renumbered = instances.length + 1;
      relabel(labelImage, label, measured.box, renumbered);
      instances.push({ label: renumbered, score, ...measured });
    } else relabel(labelImage, label, box, 0);
  }
  return { labelImage, instances };
}

function isKept(
  { area, box }: Pick<Instance, 'area' | 'box'>,
  { width, height }: Size,
  { minArea, maxArea, border }: AssembleSettings,
): boolean {
  if (area < minArea || area > (maxArea ?? Infinity)) return false;
  return border === 'keep' || (box.x1 > 0 && box.y1 > 0 && box.x2 < width && box.y2 < height);
}

function keepLargestPiece(labelImage: LabelImage, label: number, box: Box): void {
  const bitmap = bitmapOf(labelImage, label, box);
  for (const piece of piecesOf(bitmap).slice(1)) {
    for (const at of piece) labelImage.labels[imageIndex(bitmap, at, labelImage.width)] = 0;
  }
}

/** Fills background only: there may be another nucleus in a hole. */
function fillHoles(labelImage: LabelImage, label: number, box: Box): void {
  const bitmap = bitmapOf(labelImage, label, box);
  for (const at of holePixels(bitmap)) {
    const pixel = imageIndex(bitmap, at, labelImage.width);
    if (labelImage.labels[pixel] === 0) labelImage.labels[pixel] = label;
  }
}

/** px; an instance without pixels has the area 0. */
function measure({ width, labels }: LabelImage, label: number, box: Box): { box: Box; area: number } {
  let [x1, y1, x2, y2] = [box.x2, box.y2, box.x1, box.y1];
  let area = 0;
  for (let y = box.y1; y < box.y2; y++) {
    for (let x = box.x1; x < box.x2; x++) {
      if (labels[y * width + x] !== label) continue;
      area++;
      if (x < x1) x1 = x;
      if (x >= x2) x2 = x + 1;
      if (y < y1) y1 = y;
      y2 = y + 1;
    }
  }
  return { box: { x1, y1, x2, y2 }, area };
}

function relabel({ width, labels }: LabelImage, from: number, box: Box, to: number): void {
  if (from === to) return;
  for (let y = box.y1; y < box.y2; y++) {
    for (let x = box.x1; x < box.x2; x++) {
      if (labels[y * width + x] === from) labels[y * width + x] = to;
    }
  }
}
