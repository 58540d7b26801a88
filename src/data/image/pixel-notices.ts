/** What the pixels of an image tell that its user should know before trusting the result. */
import type { Problem } from '../../errors.js';
import { type Pixels, readRegion } from './stored-image.js';

/** Rows and pixels of a row that are looked at, evenly spaced. */
const sampledRows = 128;
const sampledColumns = 128;

/**
 * Hints on an image that can be read and is probably not what it is taken for: nothing to see in it, or fluorescence
 * channels drawn in colours, of which only one shows nuclei.
 *
 * @param howToChoose How a channel is chosen, such as `--channel blue`.
 */
export function pixelNotices(
  image: Pixels,
  where: string,
  howToChoose: (colour: string) => string,
): Problem[] {
  if (isConstant(image)) {
    return [
      {
        what: 'Every pixel has the same value, or is not a number: there is nothing to see in this image.',
        where,
        hint: 'Check how it was exported, and whether another channel or plane shows the nuclei.',
      },
    ];
  }
  const colours = image.channels === 3 ? fluorescenceColours(image) : [];
  if (colours.length === 0) return [];
  return [
    {
      what: `The image is taken for a colour photograph, but looks like fluorescence drawn in ${inWords(colours)}.`,
      where,
      hint: `If one colour shows the nuclei, choose it: ${howToChoose(colours.at(-1)!)}.`,
    },
  ];
}

function isConstant(image: Pixels): boolean {
  if ('counts' in image) return image.counts.filter((count) => count > 0).length === 1;
  const [first] = image.data;
  return image.data.every((value) => value === first);
}

const names = ['red', 'green', 'blue'];
const inWords = (colours: readonly string[]) =>
  colours.length === 1 ? `${colours[0]} alone` : `${colours.slice(0, -1).join(', ')} and ${colours.at(-1)}`;

/**
 * The colours that channels of fluorescence seem to be drawn in; none for grey, tinted and stained images. Of a photograph,
 * bright parts are bright in all colours; channels of fluorescence lie on black, each with light of its own.
 */
function fluorescenceColours(image: Pixels): string[] {
  const samples = sampleColours(image);
  const sorted = samples.map((values) => Float64Array.from(values).sort());
  const at = (channel: number, fraction: number) =>
    sorted[channel]![Math.min(sorted[channel]!.length - 1, Math.floor(fraction * sorted[channel]!.length))]!;
  const white = Math.max(at(0, 0.999), at(1, 0.999), at(2, 0.999));
  const isDark = [0, 1, 2].every((channel) => at(channel, 0.5) <= 0.15 * white);
  if (!isDark) return [];
  const lit = [0, 1, 2].filter((channel) => at(channel, 0.99) - at(channel, 0.5) >= 0.2 * white);
  if (lit.length === 0) return [];
  // A tint has the same picture in all colours; so has a grey image.
  const differ = lit.some((one) =>
    [0, 1, 2].some((other) => other !== one && !isSamePicture(samples[one]!, samples[other]!)),
  );
  return differ ? lit.map((channel) => names[channel]!) : [];
}

/** Below this, two colours do not show the same things. */
const leastCorrelation = 0.5;

function isSamePicture(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  const count = one.length;
  let [sumOne, sumOther] = [0, 0];
  for (let i = 0; i < count; i++) {
    sumOne += one[i]!;
    sumOther += other[i]!;
  }
  let [both, squareOne, squareOther] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [a, b] = [one[i]! - sumOne / count, other[i]! - sumOther / count];
    both += a * b;
    squareOne += a * a;
    squareOther += b * b;
  }
  return both >= leastCorrelation * Math.sqrt(squareOne * squareOther) && squareOther > 0;
}

/** The values of each of red, green and blue. */
function sampleColours(image: Pixels): number[][] {
  const { width, height } = image;
  const samples: number[][] = [[], [], []];
  const rowStep = Math.max(1, Math.floor(height / sampledRows));
  const step = 3 * Math.max(1, Math.floor(width / sampledColumns));
  for (let y = 0; y < height; y += rowStep) {
    const { data } = readRegion(image, { x1: 0, y1: y, x2: width, y2: y + 1 });
    for (let i = 0; i < data.length; i += step)
      for (let channel = 0; channel < 3; channel++) samples[channel]!.push(data[i + channel]!);
  }
  return samples;
}
