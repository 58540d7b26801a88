import type { Image } from './image.js';
import { clampToUnit, type IntensityRange } from './intensity.js';
import { channelMedians } from './channel-medians.js';
import { applyMap, areaFactor, type LinearMap, type Point } from '../geometry/linear-map.js';

/** A smooth displacement of the pixels of a square crop. S = its side, px. */
export interface ElasticField {
  /** `[S]`, px: the displacements of the pixel centres of row `v`, in arrays that the next call overwrites. */
  row(v: number): { readonly dx: Float32Array; readonly dy: Float32Array };
}

/** Which part of an example a crop shows. Coordinates are continuous: pixel i covers [i, i + 1). */
export interface CropView {
  /** Side of the square crop, or the width of another one; px. */
  readonly size: number;
  /** Height of a crop that is no square, px. */
  readonly rows?: number;
  /** Maps steps in the crop to steps in the example, both px. */
  readonly map: LinearMap;
  /** A point of the crop, and the point of the example that it shows; px. */
  readonly from: Point;
  readonly to: Point;
  readonly elastic?: ElasticField;
}

/**
 * Resamples the pixels of a crop: bilinear; where the crop shrinks the image, the mean of several samples, against aliasing.
 *
 * @param intensity The values that become black and white; if undefined, the whole range of the bit depth.
 * @param padding The value of each channel outside the image, as stored. For a part of an image, that of the whole image.
 * @returns `[rows, size, channels]`, 0 = black to 1 = white.
 */
export function resamplePixels(
  image: Image,
  intensity: IntensityRange | undefined,
  view: CropView,
  padding = channelMedians(image),
): Float32Array {
  const { size, rows = size } = view;
  const { channels, data } = image;
  const pixels = new Float32Array(rows * size * channels);
  const offsets = subsampleOffsets(view.map);
  const { black, white } = intensity ?? { black: 0, white: data instanceof Uint8Array ? 255 : 65535 };
  const scale = 1 / (offsets.length * (white - black));
  const pointsOfRow = rowPoints(view);
  // Row by row: a loop over typed arrays is several times as fast as a function call per pixel.
  if (isUpright(view)) {
    const columns = offsets.map(({ x }) => placesOf(pointsOfRow(0).x, x, image.width));
    // All points of a row have the same y.
    const firstOfRow = rowPoints({ ...view, size: 1 });
    for (let v = 0; v < rows; v++) {
      const { y } = firstOfRow(v);
      for (const [index, offset] of offsets.entries()) {
        const place = { y: y[0]! + offset.y, columns: columns[index]! };
        addUprightRow(image, place, { scale, padding }, pixels, v * size * channels);
      }
    }
  } else {
    for (let v = 0; v < rows; v++) {
      const points = pointsOfRow(v);
      for (const offset of offsets) {
        addBilinearRow(image, points, { offset, scale, padding }, pixels, v * size * channels);
      }
    }
  }
  if (intensity) {
    const zero = black / (white - black);
    for (let i = 0; i < pixels.length; i++) pixels[i] = clampToUnit(pixels[i]! - zero);
  }
  return pixels;
}

/** Points of the example, px. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** A function that gives the points of the example for a row of the crop, in arrays that the next call overwrites. */
export function rowPoints({ size, map, from, to, elastic }: CropView): (v: number) => Points {
  const { xx, xy, yx, yy } = map;
  const anchor = elastic ? displacementAt(elastic, from, size) : { x: 0, y: 0 };
  const still = { dx: new Float32Array(size), dy: new Float32Array(size) };
  const x = new Float64Array(size);
  const y = new Float64Array(size);
  return (v) => {
    const { dx, dy } = elastic?.row(v) ?? still;
    for (let u = 0; u < size; u++) {
      const du = u + 0.5 - from.x + (dx[u]! - anchor.x);
      const dv = v + 0.5 - from.y + (dy[u]! - anchor.y);
      x[u] = to.x + xx * du + xy * dv;
      y[u] = to.y + yx * du + yy * dv;
    }
    return { x, y };
  };
}

/** Whether rows and columns of the crop are rows and columns of the example. */
const isUpright = ({ map, elastic }: CropView): boolean => !elastic && map.xy === 0 && map.yx === 0;

/** Where the columns of an upright crop lie in the image, in pixels of the image between which it is interpolated. */
interface Columns {
  /** The left pixel; -1 outside the image. */
  readonly left: Int32Array;
  /** 1 if there is a pixel on its right, else 0. */
  readonly step: Uint8Array;
  /** How far from left to right, 0 to 1. */
  readonly fraction: Float64Array;
}

function placesOf(points: Float64Array, offset: number, width: number): Columns {
  const left = new Int32Array(points.length);
  const step = new Uint8Array(points.length);
  const fraction = new Float64Array(points.length);
  for (let u = 0; u < points.length; u++) {
    const x = points[u]! + offset;
    if (!(x >= 0 && x < width)) left[u] = -1;
    else {
      const place = clampToCentres(x, width);
      left[u] = place | 0;
      step[u] = left[u]! + 1 < width ? 1 : 0;
      fraction[u] = place - left[u]!;
    }
  }
  return { left, step, fraction };
}

/** Within half a pixel of the border, the border pixel is repeated. */
const clampToCentres = (at: number, size: number): number =>
  at < 0.5 ? 0 : at > size - 0.5 ? size - 1 : at - 0.5;

interface Sampling {
  /** Factor of the values. */
  readonly scale: number;
  /** The value of each channel outside the image. */
  readonly padding: Float64Array;
}

/** What {@link addBilinearRow} does, for a row of the image: to the bit the same, and quicker. */
function addUprightRow(
  { width, height, channels, data }: Image,
  { y, columns }: { readonly y: number; readonly columns: Columns },
  { scale, padding }: Sampling,
  target: Float32Array,
  start: number,
): void {
  const { left, step, fraction } = columns;
  const isInside = y >= 0 && y < height;
  const py = clampToCentres(y, height);
  const y0 = py | 0;
  const fy = py - y0;
  const row = width * channels;
  const below = y0 + 1 < height ? row : 0;
  for (let u = 0, out = start; u < left.length; u++, out += channels) {
    const x0 = left[u]!;
    if (!isInside || x0 < 0) {
      for (let c = 0; c < channels; c++) target[out + c]! += scale * padding[c]!;
      continue;
    }
    const fx = fraction[u]!;
    const right = step[u] === 1 ? channels : 0;
    for (let c = 0, at = y0 * row + x0 * channels; c < channels; c++, at++) {
      const top = data[at]! + fx * (data[at + right]! - data[at]!);
      const bottom = data[at + below]! + fx * (data[at + below + right]! - data[at + below]!);
      target[out + c]! += scale * (top + fy * (bottom - top));
    }
  }
}

/** Adds the scaled value of the image at each point to the channels of `target`. */
function addBilinearRow(
  { width, height, channels, data }: Image,
  points: Points,
  { offset, scale, padding }: Sampling & { /** Added to each point. */ readonly offset: Point },
  target: Float32Array,
  start: number,
): void {
  const row = width * channels;
  for (let u = 0, out = start; u < points.x.length; u++, out += channels) {
    const x = points.x[u]! + offset.x;
    const y = points.y[u]! + offset.y;
    if (!(x >= 0 && y >= 0 && x < width && y < height)) {
      for (let c = 0; c < channels; c++) target[out + c]! += scale * padding[c]!;
      continue;
    }
    const px = clampToCentres(x, width);
    const py = clampToCentres(y, height);
    const x0 = px | 0;
    const y0 = py | 0;
    const fx = px - x0;
    const fy = py - y0;
    const right = x0 + 1 < width ? channels : 0;
    const below = y0 + 1 < height ? row : 0;
    for (let c = 0, at = y0 * row + x0 * channels; c < channels; c++, at++) {
      const top = data[at]! + fx * (data[at + right]! - data[at]!);
      const bottom = data[at + below]! + fx * (data[at + below + right]! - data[at + below]!);
      target[out + c]! += scale * (top + fy * (bottom - top));
    }
  }
}

/** Where a crop pixel that covers n x n pixels of the example is sampled, relative to its centre; px of the example. */
function subsampleOffsets(map: LinearMap): Point[] {
  const n = Math.max(1, Math.round(Math.sqrt(areaFactor(map))));
  const step = (i: number) => (i + 0.5) / n - 0.5;
  return Array.from({ length: n * n }, (_, i) =>
    applyMap(map, { x: step(i % n), y: step(Math.floor(i / n)) }),
  );
}

function displacementAt(elastic: ElasticField, { x, y }: Point, size: number): Point {
  const within = (value: number) => Math.min(Math.max(Math.floor(value), 0), size - 1);
  const { dx, dy } = elastic.row(within(y));
  return { x: dx[within(x)]!, y: dy[within(x)]! };
}
