/** Pixels as they stand in the file: row by row from the top left, channels interleaved, no scaling. */
export interface Image {
  /** px, at least 1. */
  readonly width: number;
  /** px, at least 1. */
  readonly height: number;
  /** 1 = grey, 3 = red, green, blue. */
  readonly channels: 1 | 3;
  /** `height * width * channels` values; an 8-bit file gives 0-255, a 16-bit file 0-65535. */
  readonly data: Uint8Array | Uint16Array;
}

/** Labels of 0 or more. Those of 16 bits, as nearly all files have, take half the memory and are counted sooner. */
export type Labels = Uint16Array | Int32Array;

/** Which instance each pixel belongs to: 0 = background, every other value one instance. */
export interface LabelImage {
  /** px, at least 1. */
  readonly width: number;
  /** px, at least 1. */
  readonly height: number;
  /** `height * width` labels, row by row from the top left. */
  readonly labels: Labels;
}
