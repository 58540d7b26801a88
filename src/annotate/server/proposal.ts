import type { Rect } from '../../data/geometry/rect.js';
import type { Segmentation } from '../../predict/assemble/segmentation.js';
import type { AnnotatedNucleus } from '../protocol/event.js';
import { type Patch, patchOfValues, unchanged } from '../protocol/patch.js';
import type { AnnotationState } from '../protocol/state.js';

/** Nuclei that the model proposes, as an event has them. */
export interface Proposal {
  readonly patch: Patch;
  readonly objects: readonly AnnotatedNucleus[];
}

/**
 * The nuclei that a model has found, where nothing is yet and nobody has reviewed. A nucleus that would lose more than half
 * of its pixels is left out; others lose those that are taken.
 *
 * @param found In the whole image.
 * @returns Undefined without any nucleus.
 */
export function proposalOf(
  { labelImage, instances }: Segmentation,
  state: AnnotationState,
): Proposal | undefined {
  const { width, labels, nextId, reviewed } = state;
  const found = Uint32Array.from(labelImage.labels);
  for (const { x, y, width: columns, height: rows } of reviewed)
    for (let row = y; row < y + rows; row++) found.fill(0, row * width + x, row * width + x + columns);
  const areas = new Uint32Array(instances.length + 1);
  for (let at = 0; at < found.length; at++) {
    if (labels[at] !== 0) found[at] = 0;
    areas[found[at]!]! += 1;
  }
  const objects: AnnotatedNucleus[] = [];
  const idOf = new Int32Array(instances.length + 1);
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { label, score, area, box } of instances) {
    if (areas[label] === 0 || 2 * areas[label]! < area) continue;
    const id = nextId + objects.length;
    objects.push({ id, state: 'proposed', source: 'model', score: Math.min(1, score) });
    idOf[label] = id;
    [x1, y1] = [Math.min(x1, box.x1), Math.min(y1, box.y1)];
    [x2, y2] = [Math.max(x2, box.x2), Math.max(y2, box.y2)];
  }
  if (objects.length === 0) return undefined;
  const rect: Rect = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  const values = new Int32Array(rect.width * rect.height);
  for (let at = 0; at < values.length; at++) {
    const pixel = (y1 + Math.floor(at / rect.width)) * width + x1 + (at % rect.width);
    values[at] = idOf[found[pixel]!] || unchanged;
  }
  return { patch: patchOfValues(rect, values), objects };
}
