import { encodePng } from '../data/image/image-io.js';
import type { Image } from '../data/image/image.js';

/** An image as a PNG in a data URI. */
export async function pngDataUri(image: Image): Promise<string> {
  return `data:image/png;base64,${(await encodePng(image)).toString('base64')}`;
}
