import type { Rect } from '../../data/geometry/rect.js';
import type { Pixels } from '../../data/image/stored-image.js';
import type { Segmentation } from '../assemble/segmentation.js';

/** An image with the nuclei found in it. */
export interface Segmented {
  readonly image: Pixels;
  /** Of the image's size. */
  readonly segmentation: Segmentation;
  /** The part that was predicted, to draw; the whole image if absent. */
  readonly region?: Rect;
  /** 1 where nobody has looked for nuclei, as in `Example`; GeoJSON has it as regions. Absent if all was looked at. */
  readonly ignore?: Uint8Array;
  /** What COCO calls the image; the name of its outputs if absent. */
  readonly fileName?: string;
}

/** @param name Of the image, without its ending. */
export type Encode = (name: string, segmented: Segmented) => Encoded | Promise<Encoded>;

/** The ending of an output's file name, with its dot, and the file's content in pieces. */
export interface Encoded {
  readonly extension: string;
  readonly pieces: Iterable<string | Uint8Array>;
}
