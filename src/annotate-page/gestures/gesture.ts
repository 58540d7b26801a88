/** What the pen does on the canvas, with the mouse or the keyboard. */
import type { Point } from '../../data/geometry/linear-map.js';

export interface Keys {
  readonly shift: boolean;
  readonly alt: boolean;
}

/** A press of the pen, until it is lifted. Places are px of the image. */
export interface Gesture {
  move(point: Point): void;
  /** Lifts the pen. */
  end(point: Point): void;
  /** Draws above the image; the context's units are pixels of the image. */
  draw(context: CanvasRenderingContext2D, scale: number): void;
}

/** Draws a line that stands out on dark and on bright ground. */
export function strokeLine(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  { scale, isClosed }: { readonly scale: number; readonly isClosed: boolean },
): void {
  context.beginPath();
  points.forEach(({ x, y }, index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  if (isClosed) context.closePath();
  context.lineJoin = context.lineCap = 'round';
  context.lineWidth = 4 / scale;
  context.strokeStyle = 'rgb(0 0 0 / 0.6)';
  context.stroke();
  context.lineWidth = 2 / scale;
  context.strokeStyle = '#ffffff';
  context.stroke();
}
