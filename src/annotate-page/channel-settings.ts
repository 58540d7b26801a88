import { signal } from '@preact/signals';
import type { Failure, ImageInfo } from '../annotate/protocol/messages.js';
import type { Api } from './editing/api.js';
import type { Settings } from './settings.js';
import { percentiles, type ShownChannel } from './view/paint-image.js';

/** A channel of the open image, and how it is shown. */
export interface Channel {
  readonly name: string;
  readonly values: Uint8Array | Uint16Array;
  /** Of the values. */
  readonly min: number;
  readonly max: number;
  readonly colour: string;
  readonly isShown: boolean;
  /** What is black and what is white. */
  readonly black: number;
  readonly white: number;
}

/** The channels of the open image. */
export class ChannelSettings {
  readonly list = signal<readonly Channel[]>([]);
  changed: () => void = () => {};

  /** Loads all channels of an image; what went wrong, if anything. */
  async load(api: Api, info: ImageInfo, { fitsContrast }: Settings): Promise<Failure | undefined> {
    const before = this.list.value;
    const loaded: Channel[] = [];
    for (const [index, { name, bits, min, max, colour }] of info.channels.entries()) {
      const answer = await api.raw(`/api/images/${info.image}/pixels?channel=${index}`);
      if (!answer.ok) return answer.failure;
      const { bytes } = answer.value;
      const values = bits === 8 ? new Uint8Array(bytes) : new Uint16Array(bytes);
      // What was hidden or coloured stays so in the next image with the same channels.
      const same =
        before[index]?.name === name && before.length === info.channels.length ? before[index] : undefined;
      loaded.push({
        ...{ name, values, min, max, colour: same?.colour ?? colour, isShown: same?.isShown ?? true },
        ...(fitsContrast ? percentiles(values) : wholeRange({ min, max })),
      });
    }
    // Channels of a colour picture belong together: each fitted alone would change its hues.
    this.list.value = fitsContrast && isColourPicture(loaded) ? together(loaded) : loaded;
    return undefined;
  }

  /** Fits the contrast of all channels to their values, or shows the whole range. */
  fit(fitsContrast: boolean): void {
    const fitted = this.list.value.map((channel) => ({
      ...channel,
      ...(fitsContrast ? percentiles(channel.values) : wholeRange(channel)),
    }));
    this.list.value = fitsContrast && isColourPicture(fitted) ? together(fitted) : fitted;
    this.changed();
  }

  set(index: number, change: Partial<Channel>): void {
    this.list.value = this.list.value.map((channel, at) =>
      at === index ? { ...channel, ...change } : channel,
    );
    this.changed();
  }

  shown({ gamma }: Settings): ShownChannel[] {
    return this.list.value.filter(({ isShown }) => isShown).map((channel) => ({ ...channel, gamma }));
  }
}

const wholeRange = ({ min, max }: { readonly min: number; readonly max: number }) => ({
  black: Math.min(min, 0),
  white: Math.max(max, 1),
});

const isColourPicture = (channels: readonly Channel[]): boolean =>
  channels.map(({ colour }) => colour).join() === '#ff0000,#00ff00,#0000ff';

/** The darkest black and the brightest white for all. */
function together(channels: readonly Channel[]): Channel[] {
  const black = Math.min(...channels.map((channel) => channel.black));
  const white = Math.max(...channels.map((channel) => channel.white));
  return channels.map((channel) => ({ ...channel, black, white }));
}
