import type { LabelImage } from '../data/geometry/label-image.js';
import type { Image } from '../data/image/image.js';
import { colours, paintInstances } from '../draw/overlay.js';
import { instanceKinds } from '../eval/error-kinds.js';
import { countOverlaps } from '../eval/overlaps.js';

/**
 * An RGB image that shows the errors: missed, merged and split true instances and extra predictions are filled; merging
 * predictions and fragments are outlined in the colour of merged and split; matched true instances are outlined.
 *
 * @param kindsFrom The label images in full size, since subsampling may change which instances match.
 */
export function drawErrors(
  background: Image,
  shown: { readonly gt: LabelImage; readonly pred: LabelImage },
  kindsFrom: { readonly gt: LabelImage; readonly pred: LabelImage },
): Image {
  const overlaps = countOverlaps(kindsFrom.gt, kindsFrom.pred);
  const kinds = instanceKinds(overlaps);
  const gtKindOf = new Map(kinds.gt.map((kind, index) => [overlaps.gtLabels[index], kind]));
  const predKindOf = new Map(kinds.pred.map((kind, index) => [overlaps.predLabels[index], kind]));
  const data = Uint8Array.from(background.data);
  paintInstances(data, shown.gt, (label) => {
    const kind = gtKindOf.get(label)!;
    return { colour: colours[kind], isFilled: kind !== 'matched' };
  });
  paintInstances(data, shown.pred, (label) => {
    const kind = predKindOf.get(label)!;
    if (kind === 'extra') return { colour: colours.extra, isFilled: true };
    if (kind === 'merging') return { colour: colours.merged, isFilled: false };
    return kind === 'fragment' ? { colour: colours.split, isFilled: false } : undefined;
  });
  return { ...background, data };
}
