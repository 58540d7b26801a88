export interface Size {
  /** px. */
  readonly width: number;
  /** px. */
  readonly height: number;
}

/** Whole pixels of an image. */
export interface Rect extends Size {
  /** First column and row, px of the image. */
  readonly x: number;
  readonly y: number;
}

/** A value for each pixel of a rectangle within an image; width and height may be 0. */
export interface RectMap<Values extends ArrayLike<number> = ArrayLike<number>> extends Rect {
  /** `[height, width]`. */
  readonly values: Values;
}
