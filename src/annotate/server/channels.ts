/** The pixels of an image as the page gets them: each channel as it is stored. */
import type { Image } from '../../data/image/image.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { ChannelInfo } from '../protocol/messages.js';

const known = new WeakMap<Image, readonly ChannelInfo[]>();

const namesAndColours = {
  1: [['grey', '#ffffff']],
  3: [
    ['red', '#ff0000'],
    ['green', '#00ff00'],
    ['blue', '#0000ff'],
  ],
} as const;

export function channelsOf(image: Image): readonly ChannelInfo[] {
  const { channels, data } = image;
  const counted = known.get(image);
  if (counted) return counted;
  const bits = data instanceof Uint8Array ? 8 : 16;
  const infos = namesAndColours[channels].map(([name, colour], channel) => {
    let [min, max] = [Infinity, -Infinity];
    for (let at = channel; at < data.length; at += channels) {
      const value = data[at]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return { name, bits, min, max, colour } as const;
  });
  known.set(image, infos);
  return infos;
}

/** One channel, row by row; 16 bits are little-endian. @throws {NucleateError} Exit code 2 without such a channel. */
export function channelOf({ width, height, channels, data }: Image, channel: number): Buffer {
  if (channel >= channels) {
    const what = `The image has ${channels === 1 ? 'one channel' : `${channels} channels`}.`;
    throw new NucleateError({ what, hint: 'The first is 0.', exitCode: exitCodes.usage });
  }
  const pixels = width * height;
  const values = data instanceof Uint8Array ? new Uint8Array(pixels) : new Uint16Array(pixels);
  for (let pixel = 0, at = channel; pixel < pixels; pixel++, at += channels) values[pixel] = data[at]!;
  return Buffer.from(values.buffer);
}
