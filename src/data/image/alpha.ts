import { imageError } from './image-header.js';
import type { Image } from './image.js';

/**
 * The first channels of an RGB image with alpha.
 *
 * @throws {NucleateError} Exit code 3 if alpha is not opaque.
 */
export function withoutAlpha(
  decoded: Image['data'],
  channels: Image['channels'],
  place: string,
): Image['data'] {
  const isShort = decoded instanceof Uint16Array;
  const count = (decoded.length / 4) * channels;
  const data = isShort ? new Uint16Array(count) : new Uint8Array(count);
  for (let from = 0, to = 0; from < decoded.length; from += 4) {
    if (decoded[from + 3] !== (isShort ? 65535 : 255)) {
      const what = `The image has a channel after the ${channels === 1 ? 'first' : 'third'} that is not opaque alpha.`;
      throw imageError(
        place,
        what,
        'Save it without transparency, with one or three channels; of a TIFF, choose one: --channel red, or its number.',
      );
    }
    for (let channel = 0; channel < channels; channel++) data[to++] = decoded[from + channel]!;
  }
  return data;
}
