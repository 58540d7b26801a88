import type { Rect, Size } from '../../data/geometry/rect.js';
import type { Point } from '../../data/geometry/linear-map.js';
import { clip } from '../tools/label-map.js';

/** Pixels of the canvas for a pixel of the image: a nucleus of 8 px fills a small window. */
const largestScale = 64;

/** Part of the window that an image or a nucleus fills when it is shown as a whole. */
const filled = 0.92;

/** Which part of the image the canvas shows. Sizes of the canvas are px of the screen. */
export interface Camera {
  /** Pixels of the canvas for each pixel of the image. */
  readonly scale: number;
  /** Place of the image at the upper left corner of the canvas. */
  readonly x: number;
  readonly y: number;
}

/**
 * Shows a whole rectangle: in the middle of the canvas, unless that would show what is beside the image.
 *
 * @param sizes Of the image, and of the canvas on the screen.
 * @param most Pixels of the screen for each of the image, at most.
 */
export function fit(
  { x, y, width, height }: Rect,
  { image, canvas }: { readonly image: Size; readonly canvas: Size },
  most = largestScale,
): Camera {
  const whole = filled * Math.min(canvas.width / width, canvas.height / height);
  const scale = Math.min(most, Math.max(whole, Number.MIN_VALUE));
  const middle = centred({ x: x + width / 2, y: y + height / 2 }, scale, canvas);
  return {
    scale,
    x: within(middle.x, image.width, canvas.width / scale),
    y: within(middle.y, image.height, canvas.height / scale),
  };
}

/** Where a view begins along one side of an image: within it, or about its middle where the view is longer. */
const within = (start: number, image: number, view: number): number =>
  view >= image ? (image - view) / 2 : Math.min(image - view, Math.max(0, start));

/** Shows a place in the middle of the canvas. */
export const centred = ({ x, y }: Point, scale: number, canvas: Size): Camera => ({
  scale,
  x: x - canvas.width / 2 / scale,
  y: y - canvas.height / 2 / scale,
});

/** Zooms so that the place of the image under a place of the canvas stays there. */
/** @param sizes Of the image, and of the canvas on the screen. */
export function zoomAt(
  camera: Camera,
  at: Point,
  factor: number,
  { image, canvas }: { readonly image: Size; readonly canvas: Size },
): Camera {
  const whole = Math.min(canvas.width / image.width, canvas.height / image.height);
  // Out to half of the whole image.
  const scale = Math.min(largestScale, Math.max(whole / 2, camera.scale * factor));
  const place = toImage(camera, at);
  return kept({ scale, x: place.x - at.x / scale, y: place.y - at.y / scale }, image, canvas);
}

/** Moves the image by pixels of the canvas. */
export const panned = (camera: Camera, by: Point, image: Size, canvas: Size): Camera =>
  kept({ ...camera, x: camera.x - by.x / camera.scale, y: camera.y - by.y / camera.scale }, image, canvas);

/** The middle of the canvas stays on the image. */
function kept({ scale, x, y }: Camera, image: Size, canvas: Size): Camera {
  const [halfWidth, halfHeight] = [canvas.width / 2 / scale, canvas.height / 2 / scale];
  return {
    scale,
    x: Math.min(image.width, Math.max(0, x + halfWidth)) - halfWidth,
    y: Math.min(image.height, Math.max(0, y + halfHeight)) - halfHeight,
  };
}

/** Place of the image under a place of the canvas. */
export const toImage = ({ scale, x, y }: Camera, at: Point): Point => ({
  x: x + at.x / scale,
  y: y + at.y / scale,
});

/** Place of the canvas that shows a place of the image. */
export const toCanvas = ({ scale, x, y }: Camera, at: Point): Point => ({
  x: (at.x - x) * scale,
  y: (at.y - y) * scale,
});

/** The pixels of the image that the canvas shows, in part or as a whole. */
export const visible = ({ scale, x, y }: Camera, image: Size, canvas: Size): Rect =>
  clip(image, { left: x, top: y, right: x + canvas.width / scale, bottom: y + canvas.height / scale });
