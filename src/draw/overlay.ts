import type { LabelImage } from '../data/geometry/label-image.js';
import type { Image } from '../data/image/image.js';

/** Red, green, blue, 0-255 each. */
export type Colour = readonly [number, number, number];

/**
 * Colours of overlays that colour-blind people can distinguish, too.
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

/** Brightness of the image under outlines and errors, 0 to 1: below 1 colours stand out on white, too. */
const backgroundBrightness = 0.7;

/**
 * The image as 8-bit RGB, its darkest value black and its brightest white.
 *
 * @param image null for a black image of `size`.
 */
export function baseImage(image: Image | null, { width, height }: LabelImage): Image {
  const data = new Uint8Array(width * height * 3);
  if (image === null) return { width, height, channels: 3, data };
  let [darkest, brightest] = [65535, 0];
  for (const value of image.data) {
    if (value < darkest) darkest = value;
    if (value > brightest) brightest = value;
  }
  const scale = 255 / Math.max(1, brightest - darkest);
  for (let index = 0; index < data.length; index++) {
    const value = image.data[image.channels === 3 ? index : Math.floor(index / 3)]!;
    data[index] = Math.round((value - darkest) * scale);
  }
  return { width, height, channels: 3, data };
}

/** Every `step`-th pixel of every `step`-th row. */
export function subsampleImage({ width, height, channels, data }: Image, step: number): Image {
  const size = subsampledSize({ width, height }, step);
  const sampled = new Uint8Array(size.width * size.height * channels);
  for (let pixel = 0; pixel < size.width * size.height; pixel++) {
    const from = sourceOf(pixel, size.width, width, step) * channels;
    sampled.set(data.subarray(from, from + channels), pixel * channels);
  }
  return { ...size, channels, data: sampled };
}

/** The same for a label image; an instance narrower than `step` may vanish. */
export function subsampleLabels({ width, height, labels }: LabelImage, step: number): LabelImage {
  const size = subsampledSize({ width, height }, step);
  const sampled = new Int32Array(size.width * size.height);
  for (let pixel = 0; pixel < sampled.length; pixel++) {
    sampled[pixel] = labels[sourceOf(pixel, size.width, width, step)]!;
  }
  return { ...size, labels: sampled };
}

const subsampledSize = ({ width, height }: { width: number; height: number }, step: number) => ({
  width: Math.ceil(width / step),
  height: Math.ceil(height / step),
});

const sourceOf = (pixel: number, newWidth: number, width: number, step: number) =>
  Math.floor(pixel / newWidth) * step * width + (pixel % newWidth) * step;

/** The image in darkened grey, so that every colour on it is a mark. */
export function backgroundOf({ data, ...rest }: Image): Image {
  const grey = new Uint8Array(data.length);
  for (let pixel = 0; pixel < data.length; pixel += 3) {
    const mean = (data[pixel]! + data[pixel + 1]! + data[pixel + 2]!) / 3;
    grey.fill(backgroundBrightness * mean, pixel, pixel + 3);
  }
  return { ...rest, data: grey };
}

/** An RGB image with the borders of all instances in one colour. */
export function drawOutlines(background: Image, labelImage: LabelImage, colour: Colour): Image {
  const data = Uint8Array.from(background.data);
  paintInstances(data, labelImage, () => ({ colour, isFilled: false }));
  return { ...background, data };
}

/** How an instance is drawn. */
export interface InstanceStyle {
  readonly colour: Colour;
  readonly isFilled: boolean;
}

/** Paints instances over RGB pixels, in place; instances without a style are not painted. */
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
