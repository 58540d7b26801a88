/** What of an annotation somebody stands for. */
import type { AnnotationState } from './state.js';

/** The label map without what is only proposed. */
export function acceptedLabels({ labels, objects }: AnnotationState): Int32Array {
  const accepted = new Int32Array(labels.length);
  let [last, isAccepted] = [0, false];
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at]!;
    if (label === 0) continue;
    if (label !== last) isAccepted = objects.get(label)!.state === 'accepted';
    last = label;
    if (isAccepted) accepted[at] = label;
  }
  return accepted;
}

/** 1 for each pixel that nobody has reviewed; undefined where all are reviewed. */
export function unreviewedPixels({
  width,
  height,
  reviewed,
}: Pick<AnnotationState, 'width' | 'height' | 'reviewed'>): Uint8Array | undefined {
  const unreviewed = new Uint8Array(width * height).fill(1);
  for (const region of reviewed) {
    for (let y = region.y; y < region.y + region.height; y++)
      unreviewed.fill(0, y * width + region.x, y * width + region.x + region.width);
  }
  return unreviewed.includes(1) ? unreviewed : undefined;
}
