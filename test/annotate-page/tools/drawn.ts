import { applyPatch, type Patch, problemOfPatch } from '../../../src/annotate/protocol/patch.js';
import type { LabelMap } from '../../../src/annotate-page/tools/label-map.js';
import { BoundsIndex } from '../../../src/annotate-page/tools/bounds.js';

/** A label map as rows of signs: `.` is background, digits are labels. */
export function mapOf(...rows: readonly string[]): LabelMap {
  const labels = Uint32Array.from(rows.join(''), (sign) => (sign === '.' ? 0 : Number(sign)));
  return { width: rows[0]!.length, height: rows.length, labels };
}

/** The rows of a label map after a patch; the map itself stays as it is. */
export function after(map: LabelMap, patch: Patch | undefined): string[] {
  const { width, height } = map;
  const labels = map.labels.slice();
  if (patch) {
    const problem = problemOfPatch(patch, map);
    if (problem !== undefined) throw new Error(problem);
    applyPatch(labels, width, patch);
  }
  return Array.from({ length: height }, (_, row) =>
    Array.from(labels.subarray(row * width, (row + 1) * width), (label) => (label === 0 ? '.' : label)).join(
      '',
    ),
  );
}

export const boundsOf = (map: LabelMap, label: number) => new BoundsIndex(map).get(label)!;
