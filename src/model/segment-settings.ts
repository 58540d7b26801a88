import type { AssembleSettings } from '../config/assemble.js';
import type { Rect } from '../data/geometry/rect.js';
import type { PixelSize } from '../data/image/image.js';
import { exitCodes, NucleateError } from '../errors.js';
import { type DetectorScale, type Diameter, type Scale, scaleFor, settingsAt } from '../predict/diameter.js';

/** Settings of one prediction, in place of the model's own. All px are those of the image, whatever the diameter. */
export interface SegmentSettings extends Partial<AssembleSettings> {
  /**
   * Of typical nuclei: the image is shown to the networks at the scale at which they look as in training, and the model's
   * own settings in px are scaled along. um needs an image with a `pixelSize`. Default: no scaling.
   */
  readonly diameter?: Diameter;
  /** Predicts only this part; the result has the size of the whole image, and nuclei at the edges of the part are cut. */
  readonly region?: Rect;
}

/** The settings for one image. */
export interface ImageSettings {
  readonly assemble: AssembleSettings;
  /** Absent without a diameter. */
  readonly scale?: Scale;
}

/**
 * What a model uses for an image.
 *
 * @throws {NucleateError} As `scaleFor`; exit code 2 if no area is both large and small enough.
 */
export function settingsFor(
  { assemble: own, detector }: { readonly assemble: AssembleSettings; readonly detector: DetectorScale },
  { pixelSize }: { readonly pixelSize?: PixelSize | undefined },
  { diameter, region: _, ...changed }: SegmentSettings,
): ImageSettings {
  const scale = diameter === undefined ? undefined : scaleFor(diameter, pixelSize, detector);
  const assemble = { ...(scale ? settingsAt(scale.diameter, detector, own) : own), ...changed };
  const { minArea, maxArea } = assemble;
  if (maxArea !== null && maxArea < minArea) {
    throw new NucleateError({
      what: `No nucleus has at least ${minArea} px and at most ${maxArea} px.`,
      hint: 'Give a larger --max-area or a smaller --min-area.',
      exitCode: exitCodes.usage,
    });
  }
  return { assemble, ...(scale && { scale }) };
}
