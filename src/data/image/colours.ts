import type { Image } from './image.js';

/**
 * Some of red, green and blue (0, 1, 2) as an image of their own: one of them is grey; the third of two is black.
 *
 * @param image With three channels, if colours are picked.
 * @param colours One to three; undefined for the image as it is.
 */
export function pickColours(
  { channels, data }: Pick<Image, 'channels' | 'data'>,
  colours: readonly number[] | undefined,
): Pick<Image, 'channels' | 'data'> {
  if (!colours) return { channels, data };
  const picked = colours.length === 1 ? 1 : 3;
  const count = (data.length / 3) * picked;
  const values = data instanceof Uint8Array ? new Uint8Array(count) : new Uint16Array(count);
  colours.forEach((colour, channel) => {
    for (let from = colour, to = channel; to < count; from += 3, to += picked) values[to] = data[from]!;
  });
  return { channels: picked, data: values };
}
