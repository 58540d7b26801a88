/** Nuclei in colours on their image: the overlays of `nucleate predict`. */
import type { LabelImage, Labels } from '../data/geometry/label-image.js';
import type { Image } from '../data/image/image.js';
import { intensityRange, toEightBits } from '../data/image/intensity.js';
import { jet } from './jet.js';
import type { Colour } from './overlay.js';

/** `filled`: each nucleus lightly filled, with a strong edge. `outlines`: only the edges, so that the image stays visible. */
export type OverlayStyle = 'filled' | 'outlines';

/** How strongly a colour covers the inside of a nucleus, 0 to 1. */
const fillOpacity = 0.45;

/** How strongly the image is darkened around a nucleus, 0 to 1. */
const haloOpacity = 0.5;
const black: Colour = [0, 0, 0];

/** Hues of jet that can be distinguished side by side; the dark ends of the map would vanish on a dark image. */
const hueCount = 12;
const firstHue = 0.25;
const lastHue = 0.87;

/** Hues this many steps apart are different enough; more would use only the ends of the map. */
const hueDistance = 4;

/** px: nuclei this close to each other get different hues. */
const nearby = 6;

/**
 * A colour for each label, 1 to the largest: the next hue in turn that is far enough from those of its neighbours, or else
 * the hue that is farthest from them.
 *
 * @returns The colour of label k at index k - 1, also for labels without pixels.
 */
export function nucleiColours(labelImage: LabelImage): Colour[] {
  const neighbours = neighboursOf(labelImage);
  const hues: number[] = [];
  for (let label = 1; label <= neighbours.length; label++) {
    const taken = neighbours[label - 1]!.filter((other) => other < label).map((other) => hues[other - 1]!);
    let [best, bestDistance] = [0, -1];
    for (let turn = 0; turn < hueCount; turn++) {
      // 5 shares no factor with 12: this visits every hue, and successive hues are far apart.
      const hue = (5 * (label - 1 + turn)) % hueCount;
      const distance = Math.min(hueDistance, ...taken.map((other) => Math.abs(hue - other)));
      if (distance > bestDistance) [best, bestDistance] = [hue, distance];
    }
    hues.push(best);
  }
  return hues.map((hue) => jet(firstHue + ((lastHue - firstHue) * hue) / (hueCount - 1)));
}

/** For each label, the labels with pixels nearby in the same row or column. */
function neighboursOf({ width, height, labels }: LabelImage): number[][] {
  const pairs: Set<number>[] = [];
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const label = labels[pixel]!;
      if (label === 0) continue;
      while (pairs.length < label) pairs.push(new Set());
      for (let step = 1; step <= nearby; step++) {
        const right = x + step < width ? labels[pixel + step]! : 0;
        const below = y + step < height ? labels[pixel + step * width]! : 0;
        if (right !== 0 && right !== label) pairs[label - 1]!.add(right);
        if (below !== 0 && below !== label) pairs[label - 1]!.add(below);
      }
    }
  }
  const neighbours = pairs.map((others) => [...others]);
  pairs.forEach((others, index) => others.forEach((other) => neighbours[other - 1]!.push(index + 1)));
  return neighbours;
}

/**
 * Draws the nuclei on the image.
 *
 * Filled nuclei are drawn on the image in grey, so that every colour is a nucleus, also on stained tissue; outlines keep the
 * colours of the image. The image is darkened around each nucleus, so that edges stand out on white and on black.
 *
 * @param image Its 0.1 and 99.9 percentiles are shown as black and white.
 * @param scale Pixels of the drawing for each pixel of the image along a side, a whole number. Edges are half an image
 *   pixel wide, which is thin even for a small nucleus, but at least one pixel of the drawing.
 * @returns 8-bit RGB, `scale` times as large as the image.
 */
export function drawNuclei(
  image: Image,
  labelImage: LabelImage,
  { style, scale }: { readonly style: OverlayStyle; readonly scale: number },
): Image {
  const colours = nucleiColours(labelImage);
  const drawing = enlarge(image, { scale, isGrey: style === 'filled' });
  const { width, height, data } = drawing;
  const labels = enlargeLabels(labelImage, scale);
  const isEdge = edgePixels({ width, height, labels }, Math.max(1, Math.round(scale / 2)));
  const halo = blended(black, haloOpacity);
  // Labels share a few hues.
  const fills = new Map<Colour, Uint8Array>();
  const fillOf = (colour: Colour) => {
    const known = fills.get(colour) ?? blended(colour, fillOpacity);
    fills.set(colour, known);
    return known;
  };
  for (let pixel = 0, at = 0; pixel < labels.length; pixel++, at += 3) {
    const label = labels[pixel]!;
    if (label === 0) {
      if (isEdge[pixel] === 1) recolour(data, at, halo);
    } else if (isEdge[pixel] === 1) data.set(colours[label - 1]!, at);
    else if (style === 'filled') recolour(data, at, fillOf(colours[label - 1]!));
  }
  return drawing;
}

/** What becomes of each 8-bit value of red, of green and of blue under a colour, `[3, 256]`. */
const blended = (colour: Colour, opacity: number): Uint8Array =>
  Uint8Array.from({ length: 3 * 256 }, (_, index) =>
    Math.round((1 - opacity) * (index % 256) + opacity * colour[index >> 8]!),
  );

function recolour(data: Image['data'], at: number, table: Uint8Array): void {
  data[at] = table[data[at]!]!;
  data[at + 1] = table[256 + data[at + 1]!]!;
  data[at + 2] = table[512 + data[at + 2]!]!;
}

/** 1 where another label, or background beside a label, lies within a radius, px. */
function edgePixels({ width, height, labels }: LabelImage, radius: number): Uint8Array {
  const isEdge = new Uint8Array(labels.length);
  const around = disc(radius);
  const mark = (x: number, y: number) => {
    for (const { dx, dy } of around) {
      const otherX = x + dx;
      const otherY = y + dy;
      if (otherX < 0 || otherX >= width || otherY < 0 || otherY >= height) continue;
      const pixel = otherY * width + otherX;
      if (labels[pixel] !== labels[y * width + x]) isEdge[pixel] = 1;
    }
  };
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      // Every border between two labels is found from its left or upper pixel.
      const label = labels[pixel];
      if (x + 1 < width && labels[pixel + 1] !== label) {
        mark(x, y);
        mark(x + 1, y);
      }
      if (y + 1 < height && labels[pixel + width] !== label) {
        mark(x, y);
        mark(x, y + 1);
      }
    }
  }
  return isEdge;
}

/** Steps to all pixels within a radius, px. */
function disc(radius: number): { dx: number; dy: number }[] {
  const steps: { dx: number; dy: number }[] = [];
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      const square = dx * dx + dy * dy;
      if (square > 0 && square <= radius * radius) steps.push({ dx, dy });
    }
  }
  return steps;
}

/** 8-bit RGB with every pixel repeated; grey = the mean of the channels. */
function enlarge(
  image: Image,
  { scale, isGrey }: { readonly scale: number; readonly isGrey: boolean },
): Image {
  const { width, height, channels, data } = toEightBits(image, intensityRange(image));
  const large = new Uint8Array(width * height * scale * scale * 3);
  const rowBytes = width * scale * 3;
  for (let y = 0, from = 0, to = 0; y < height; y++, to += scale * rowBytes) {
    for (let x = 0, at = to; x < width; x++, from += channels) {
      let red = data[from]!;
      let green = channels === 3 ? data[from + 1]! : red;
      let blue = channels === 3 ? data[from + 2]! : red;
      if (isGrey) red = green = blue = (red + green + blue) / 3;
      for (const end = at + 3 * scale; at < end; at += 3) {
        large[at] = red;
        large[at + 1] = green;
        large[at + 2] = blue;
      }
    }
    for (let copy = 1; copy < scale; copy++) large.copyWithin(to + copy * rowBytes, to, to + rowBytes);
  }
  return { width: width * scale, height: height * scale, channels: 3, data: large };
}

function enlargeLabels({ width, height, labels }: LabelImage, scale: number): Labels {
  if (scale === 1) return labels;
  const large = new Int32Array(width * height * scale * scale);
  const rowLength = width * scale;
  for (let y = 0, from = 0, to = 0; y < height; y++, to += scale * rowLength) {
    for (let x = 0, at = to; x < width; x++, from++, at += scale) large.fill(labels[from]!, at, at + scale);
    for (let copy = 1; copy < scale; copy++) large.copyWithin(to + copy * rowLength, to, to + rowLength);
  }
  return large;
}
