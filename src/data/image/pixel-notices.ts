/** What the pixels of an image tell that its user should know before trusting the result. */
import type { Problem } from '../../errors.js';
import { shownRange } from './intensity.js';
import { type Pixels, readRegion } from './stored-image.js';

/** Rows and pixels of a row that are looked at, evenly spaced. */
const sampledRows = 128;
const sampledColumns = 128;

/**
 * Hints on an image that can be read and is probably not what it is taken for: nothing to see in it, light of hot pixels,
 * or fluorescence channels drawn in colours, of which only one shows nuclei.
 *
 * @param channels What the user writes for red, green and blue.
 */
export function pixelNotices(
  image: Pixels,
  where: string,
  channels: readonly string[] = colourNames,
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
  const hot = hotPixels(image);
  if (hot !== undefined) {
    return [
      {
        what: `${(100 * hot).toFixed(1)} % of the pixels are far brighter than those beside them, as hot pixels are.`,
        where,
        hint: 'If nuclei are missed, remove them first: in Fiji with Process > Noise > Remove Outliers.',
      },
    ];
  }
  const colours = image.channels === 3 ? fluorescenceColours(image) : [];
  if (colours.length === 0) return [];
  const channel = channels[colourNames.indexOf(colours.at(-1)!)]!;
  return [
    {
      what: `The image is taken for a colour photograph, but looks like fluorescence drawn in ${inWords(colours)}.`,
      where,
      hint: `If one colour shows the nuclei, choose it: --channel ${/^[\w.-]+$/u.test(channel) ? channel : JSON.stringify(channel)}.`,
    },
  ];
}

function isConstant(image: Pixels): boolean {
  if ('counts' in image) return image.counts.filter((count) => count > 0).length <= 1;
  const [first] = image.data;
  return image.data.every((value) => value === first);
}

const colourNames = ['red', 'green', 'blue'];
const inWords = (colours: readonly string[]) =>
  colours.length === 1 ? `${colours[0]} alone` : `${colours.slice(0, -1).join(', ')} and ${colours.at(-1)}`;

/** Hot pixels stand alone; of nuclei, however small, bright pixels have bright ones beside them. */
const leastAlone = 0.8;

/** Fewer pixels than this do not change what is white, see `intensityRange`; more than that are part of the picture. */
const [leastShare, mostShare] = [0.001, 0.05];

/** px: a part of this size, from the middle of an image, is looked at. */
const partSide = 1024;

/**
 * The share of hot pixels in a grey image; undefined without. Either all else is shown dark beside them, or they are so
 * bright that they do not count for what is white.
 */
function hotPixels(image: Pixels): number | undefined {
  const range = image.channels === 1 ? shownRange(image, 'stretched') : undefined;
  if (!range) return undefined;
  const { black, white } = range;
  return brightAlone(image, (black + white) / 2) ?? brightAlone(image, 2 * white - black);
}

/**
 * The share of the pixels that are brighter than a limit, if nearly all of them have no such pixel beside them; undefined for
 * other images.
 */
function brightAlone(image: Pixels, limit: number): number | undefined {
  const [width, height] = [Math.min(image.width, partSide), Math.min(image.height, partSide)];
  const [x1, y1] = [(image.width - width) >> 1, (image.height - height) >> 1];
  const { data } = readRegion(image, { x1, y1, x2: x1 + width, y2: y1 + height });
  const isBright = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x]! > limit;
  let [bright, alone] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isBright(x, y)) continue;
      bright++;
      let beside = 0;
      for (let near = 0; near < 9; near++)
        if (near !== 4 && isBright(x + (near % 3) - 1, y + Math.floor(near / 3) - 1)) beside++;
      if (beside === 0) alone++;
    }
  }
  const share = bright / (width * height);
  return share >= leastShare && share <= mostShare && alone >= leastAlone * bright ? share : undefined;
}

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
  return differ ? lit.map((channel) => colourNames[channel]!) : [];
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
