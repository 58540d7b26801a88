/** How label images are named after their images; the only place that knows. */

/** `X_masks.png`: the label image of `X.png` in a dataset of pairs, as Cellpose names it. */
export const masksSuffix = '_masks';

/** `X_ignore.png`: where it is not 0, no expert has reviewed the pixel of `X.png`. */
const ignoreSuffix = '_ignore';

/** `X_img.png` is the image of `X_masks.png` in Cellpose's own datasets. */
export const imageSuffix = '_img';

/** Cellpose's endings, and the words that people use. Longest first. */
const labelSuffixes = ['_cp_masks', masksSuffix, '_labels', '_label', '_mask', '_seg'];

/** The stem of the image that a label image is named after, `X` of `X_masks`; undefined if no ending says labels. */
export function labelledStem(stem: string): string | undefined {
  const suffix = labelSuffixes.find((ending) => endsWith(stem, ending) && stem.length > ending.length);
  return suffix === undefined ? undefined : stem.slice(0, -suffix.length);
}

/** In any case, as in `X_Masks.TIF`. */
const endsWith = (stem: string, ending: string) => stem.toLowerCase().endsWith(ending);

/** `X` of `X_ignore`; undefined for other names. */
export const ignoredStem = (stem: string): string | undefined =>
  endsWith(stem, ignoreSuffix) ? stem.slice(0, -ignoreSuffix.length) : undefined;

/** The name that an image and its label image have in common: `X` of `X_img`, else the stem itself. */
export const imageStem = (stem: string): string =>
  endsWith(stem, imageSuffix) && stem.length > imageSuffix.length ? stem.slice(0, -imageSuffix.length) : stem;
