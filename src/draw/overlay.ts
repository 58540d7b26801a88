import type { LabelImage } from '../data/geometry/label-image.js';
import type { Image } from '../data/image/image.js';

/** Red, green, blue, 0-255 each. */
export type Colour = readonly [number, number, number];

/**
 * Colours of overlays; told apart also by colour-blind eyes.
 *
 * Source: Okabe & Ito, Color Universal Design (2008).
 */
export const colours = {
  matched: [0, 158, 115],
  missed: [213, 94, 0],
  merged: [204, 121, 167],
  split: [240, 228, 66],
  extra: [86, 180, 233],
  truth: [255, 255, 255],
  prediction: [230, 159, 0],
} as const satisfies Record<string, Colour>;

/** How strongly a filled instance covers the image, 0 to 1. */
const fillOpacity = 0.55;

/** How much of the image's brightness stays under outlines and errors, 0 to 1: colours then stand out on white, too. */
const backgroundBrightness = 0.7;

/**
 * The image as 8-bit RGB, its darkest value black and its lightest white.
 *
 * @param image null for a black image of `size`.
 */
export function baseImage(image: Image | null, { width, height }: LabelImage): Image {
  const data = new Uint8Array(width * height * 3);
  if (image === null) return { width, height, channels: 3, data };
  let [darkest, lightest] = [65535, 0];
  for (const value of image.data) {
    if (value < darkest) darkest = value;
    if (value > lightest) lightest = value;
  }
  const scale = 255 / Math.max(1, lightest - darkest);
  for (let index = 0; index < data.length; index++) {
    const value = image.data[image.channels === 3 ? index : Math.floor(index / 3)]!;
    data[index] = Math.round((value - darkest) * scale);
  }
  return { width, height, channels: 3, data };
}

/** Every `step`-th pixel of every `step`-th row. */
export function subsampleImage({ width, height, channels, data }: Image, step: number): Image {
  const thin = thinSize({ width, height }, step);
  const thinned = new Uint8Array(thin.width * thin.height * channels);
  for (let pixel = 0; pixel < thin.width * thin.height; pixel++) {
    const from = thinSource(pixel, thin.width, width, step) * channels;
    thinned.set(data.subarray(from, from + channels), pixel * channels);
  }
  return { ...thin, channels, data: thinned };
}

/** The same of a label image; an instance thinner than `step` may vanish. */
export function subsampleLabels({ width, height, labels }: LabelImage, step: number): LabelImage {
  const thin = thinSize({ width, height }, step);
  const thinned = new Int32Array(thin.width * thin.height);
  for (let pixel = 0; pixel < thinned.length; pixel++) {
    thinned[pixel] = labels[thinSource(pixel, thin.width, width, step)]!;
  }
  return { ...thin, labels: thinned };
}

const thinSize = ({ width, height }: { width: number; height: number }, step: number) => ({
  width: Math.ceil(width / step),
  height: Math.ceil(height / step),
});

const thinSource = (pixel: number, thinWidth: number, width: number, step: number) =>
  Math.floor(pixel / thinWidth) * step * width + (pixel % thinWidth) * step;

/** The image without colours and darkened, so that every colour in it is a mark. */
export function backgroundOf({ data, ...rest }: Image): Image {
  const grey = new Uint8Array(data.length);
  for (let pixel = 0; pixel < data.length; pixel += 3) {
    const mean = (data[pixel]! + data[pixel + 1]! + data[pixel + 2]!) / 3;
    grey.fill(backgroundBrightness * mean, pixel, pixel + 3);
  }
  return { ...rest, data: grey };
}

/** An image in RGB with the borders of all instances in one colour. */
export function drawOutlines(background: Image, labelImage: LabelImage, colour: Colour): Image {
  const data = Uint8Array.from(background.data);
  paintInstances(data, labelImage, () => ({ colour, isFilled: false }));
  return { ...background, data };
}

/** How one instance is drawn. */
export interface InstanceStyle {
  readonly colour: Colour;
  readonly isFilled: boolean;
}

/** Paints instances over RGB pixels; those without a style stay as they are. */
export function paintInstances(
  data: Uint8Array,
  labelImage: LabelImage,
  styleOf: (label: number) => InstanceStyle | undefined,
): void {
  const { labels } = labelImage;
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel]!;
    const style = label === 0 ? undefined : styleOf(label);
    if (style === undefined) continue;
    const isBorder = isOnBorder(labelImage, pixel);
    if (!isBorder && !style.isFilled) continue;
    const opacity = isBorder ? 1 : fillOpacity;
    for (let channel = 0; channel < 3; channel++) {
      const index = 3 * pixel + channel;
      data[index] = (1 - opacity) * data[index]! + opacity * style.colour[channel]!;
    }
  }
}

/** Whether one of the four neighbours within the image has another label. */
function isOnBorder({ width, height, labels }: LabelImage, pixel: number): boolean {
  const label = labels[pixel];
  const x = pixel % width;
  return (
    (x > 0 && labels[pixel - 1] !== label) ||
    (x < width - 1 && labels[pixel + 1] !== label) ||
    (pixel >= width && labels[pixel - width] !== label) ||
    (pixel < width * (height - 1) && labels[pixel + width] !== label)
  );
}
