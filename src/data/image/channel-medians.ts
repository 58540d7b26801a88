import type { Image } from './image.js';

/** 1024 pixels are enough for a median: its standard error is then 0.016 of the values' rank. */
const medianPixels = 1024;

/** The median of each channel, as stored: the background of most images, whichever polarity they have. */
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
