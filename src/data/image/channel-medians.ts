import type { Image } from './image.js';

/** Number of pixels that are sampled; the standard error of the median's rank is then 0.016. */
const medianPixels = 1024;

/** The median of each channel, as stored: the colour of the background in most images, bright or dark. */
export function channelMedians({ data, channels }: Pick<Image, 'data' | 'channels'>): Float64Array {
  const count = data.length / channels;
  const step = Math.max(1, Math.floor(count / medianPixels));
  return Float64Array.from({ length: channels }, (_, channel) => {
    const values = Uint16Array.from(
      { length: Math.ceil(count / step) },
      (_, i) => data[i * step * channels + channel]!,
    );
    return values.sort()[values.length >> 1]!;
  });
}
