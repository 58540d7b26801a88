/** Gestures that draw: a stroke, a line, a box. */
import type { Point } from '../../data/geometry/linear-map.js';
import type { Stroke } from '../tools/stroke.js';
import { type Gesture, strokeLine } from './gesture.js';

/** A stroke of a round pen. */
export class StrokeGesture implements Gesture {
  readonly #points: Point[];

  /** @param radius px of the image. */
  constructor(
    start: Point,
    readonly radius: number,
    readonly colour: string,
    readonly done: (stroke: Stroke) => void,
  ) {
    this.#points = [start];
  }

  move(point: Point): void {
    this.#points.push(point);
  }

  end(point: Point): void {
    this.#points.push(point);
    this.done({ points: this.#points, radius: this.radius });
  }

  draw(context: CanvasRenderingContext2D): void {
    context.beginPath();
    for (const { x, y } of this.#points) context.lineTo(x, y);
    context.lineJoin = context.lineCap = 'round';
    context.lineWidth = 2 * this.radius;
    context.strokeStyle = this.colour;
    context.stroke();
  }
}

/** A line by hand: of the lasso (closed), or of a cut. */
export class LineGesture implements Gesture {
  readonly #points: Point[];

  constructor(
    start: Point,
    readonly isClosed: boolean,
    readonly done: (points: readonly Point[]) => void,
  ) {
    this.#points = [start];
  }

  move(point: Point): void {
    this.#points.push(point);
  }

  end(point: Point): void {
    this.#points.push(point);
    this.done(this.#points);
  }

  draw(context: CanvasRenderingContext2D, scale: number): void {
    strokeLine(context, this.#points, { scale, isClosed: this.isClosed });
  }
}

/** A rectangle from corner to corner. */
export class BoxGesture implements Gesture {
  #corner: Point;

  constructor(
    readonly start: Point,
    readonly done: (corner: Point, other: Point) => void,
  ) {
    this.#corner = start;
  }

  move(point: Point): void {
    this.#corner = point;
  }

  end(point: Point): void {
    this.done(this.start, point);
  }

  draw(context: CanvasRenderingContext2D, scale: number): void {
    const { start } = this;
    const end = this.#corner;
    const corners = [start, { x: end.x, y: start.y }, end, { x: start.x, y: end.y }];
    strokeLine(context, corners, { scale, isClosed: true });
  }
}

/** A click: the pen is lifted near where it was pressed. */
export class ClickGesture implements Gesture {
  constructor(
    readonly start: Point,
    readonly done: (point: Point) => void,
  ) {}

  move(): void {}

  end(): void {
    this.done(this.start);
  }

  draw(): void {}
}
