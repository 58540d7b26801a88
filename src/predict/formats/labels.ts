import { encodeLabelImage } from '../../data/image/image-io.js';
import type { Encode } from './encode.js';

/** A label image: 0 is background, n the n-th nucleus; a 16-bit PNG, or a TIFF where that is too small. */
export const encodeLabels: Encode = (_, { segmentation }) => encodeLabelImage(segmentation.labelImage);
