/** Values of a pixel: 1 = grey; 3 = red, green, blue. */
export type Channels = 1 | 3;

/** What a value of an image stands for in its file: `offset + factor * value`. */
export interface ValueScale {
  readonly offset: number;
  readonly factor: number;
}

/** Values that a file does not tell: NaN and infinite ones. */
export interface MissingValues {
  /** What they became. */
  readonly value: number;
  /** How many there are; 1 or more. */
  readonly count: number;
}

/** um of the object for a pixel, along x and y. */
export interface PixelSize {
  readonly x: number;
  readonly y: number;
}

/** Pixels as in the file: row by row from the top left, channels interleaved, not scaled. */
export interface Image {
  /** px, at least 1. */
  readonly width: number;
  /** px, at least 1. */
  readonly height: number;
  readonly channels: Channels;
  /** `height * width * channels` values; an 8-bit file gives 0-255, a 16-bit file 0-65535. */
  readonly data: Uint8Array | Uint16Array;
  /** What a value stands for in the file, where it had to be brought to 8 or 16 bits. */
  readonly scale?: ValueScale;
  /** Absent where there are none. They do not count for what is shown as black and as white. */
  readonly missing?: MissingValues;
  /** Absent where the file does not tell. */
  readonly pixelSize?: PixelSize;
}
