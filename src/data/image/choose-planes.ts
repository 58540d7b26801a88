/** Which planes of a file become an image: what the user has chosen, or the only one there is. */
import type { NucleateError } from '../../errors.js';
import { imageError } from './image-header.js';
import type { AxisChoice, PlaneChoice } from './plane-choice.js';

type Axis = 'c' | 'z' | 't' | 'page';

/** Counts from 0. Of a plane in colour `c` is 0; from 1, the samples red, green, blue and those behind them by themselves. */
export type PlaneIndex = Readonly<Record<Axis, number>>;

/** The planes that a file holds. */
export interface HeldPlanes {
  /** Counts, at least 1. `page` is an axis without a meaning that is told. */
  readonly sizes: PlaneIndex;
  /** Whether each plane has red, green and blue. */
  readonly isColour: boolean;
  /** Samples of a pixel in colour, where each may be taken by itself: red, green, blue and those behind them. */
  readonly colourSamples?: number;
  /** One for each channel, empty where they have no names. */
  readonly channelNames: readonly string[];
}

/** Planes that become one image. */
export interface ChosenImage {
  /** What tells it from the others of its file, for names of outputs: `c2`, `z10`; empty for the only one. */
  readonly suffix: string;
  /** Of each channel of the image, one to three, the planes that are projected; at least one. */
  readonly channels: readonly (readonly PlaneIndex[])[];
  readonly projection: 'max' | 'mean';
  /** Which of red, green and blue (0, 1, 2) become the image; absent for all. */
  readonly colours?: readonly number[];
  /** What the user writes for each of the channels, where several become colours. */
  readonly written?: readonly string[];
}

const first: PlaneIndex = { c: 0, z: 0, t: 0, page: 0 };

/** The only plane of a file. */
export const onePlane: HeldPlanes['sizes'] = { c: 1, z: 1, t: 1, page: 1 };

/**
 * @param place The name of the file in errors.
 * @returns At least one image.
 * @throws {NucleateError} Exit code 3 if there are several planes or channels and no choice among them, or the choice is
 *   not there: what was found in the file, and what to write.
 */
export function choosePlanes(planes: HeldPlanes, choice: PlaneChoice, place: string): ChosenImage[] {
  const { sizes } = planes;
  // Pages without a meaning are chosen as depths are.
  const depth = sizes.page > 1 ? 'page' : 'z';
  const isOnlyTimes = sizes[depth] === 1 && sizes.t > 1;
  const z = choice.z ?? (isOnlyTimes ? undefined : choice.plane);
  const t = choice.t ?? (isOnlyTimes ? choice.plane : undefined);
  const missing = [
    ...(sizes.c > 1 && !choice.channels?.length ? (['c'] as const) : []),
    ...(sizes[depth] > 1 && z === undefined ? ([depth] as const) : []),
    ...(sizes.t > 1 && t === undefined ? (['t'] as const) : []),
  ];
  if (missing.length > 0) throw unclear(planes, missing, choice, place);
  const channelSets = chooseChannels(planes, choice.channels ?? [], place);
  const depths = chooseAlong(planes, depth, z, place);
  const times = chooseAlong(planes, 't', t, place);
  const projection = z === 'mean' || t === 'mean' ? 'mean' : 'max';
  if (projection === 'mean' && (z === 'max' || t === 'max'))
    throw imageError(
      place,
      'Depths and times cannot be projected in two ways at once.',
      'Choose max or mean for both.',
    );
  return channelSets.flatMap(({ suffix, channels, colours, written }) =>
    times.flatMap((time) =>
      depths.map((part) => ({
        suffix: [suffix, time.suffix, part.suffix].filter((one) => one !== '').join('-'),
        channels: channels.map((c) =>
          time.indices.flatMap((at) => part.indices.map((index) => ({ ...first, c, t: at, [depth]: index }))),
        ),
        projection,
        ...(colours && { colours }),
        ...(written && { written }),
      })),
    ),
  );
}

interface ChannelSet {
  readonly suffix: string;
  readonly channels: readonly number[];
  readonly colours?: readonly number[];
  readonly written?: readonly string[];
}

const colourNames = ['red', 'green', 'blue'];

function chooseChannels(planes: HeldPlanes, chosen: readonly string[], place: string): ChannelSet[] {
  if (chosen.length === 0) return [{ suffix: '', channels: [0] }];
  const areColours = planes.isColour && planes.sizes.c === 1;
  const names = areColours ? colourNames : planes.channelNames;
  const count = areColours ? (planes.colourSamples ?? colourNames.length) : planes.sizes.c;
  const setOf = (suffix: string, indices: readonly number[]): ChannelSet => {
    // What follows blue may be anything, so that the colours cannot be read together.
    if (areColours && count === colourNames.length) return { suffix, channels: [0], colours: indices };
    const written = indices.map((c) => names[c] || String(c + 1));
    return {
      ...{ suffix, channels: areColours ? indices.map((c) => c + 1) : indices },
      ...(indices.length > 1 && { written }),
    };
  };
  if (chosen.length === 1 && chosen[0] === 'each')
    return Array.from({ length: count }, (_, c) => setOf(count === 1 ? '' : `c${c + 1}`, [c]));
  const picked = chosen.flatMap((text) => channelsOf(planes, names, count, text, place));
  if (picked.length > 3)
    throw imageError(
      place,
      `An image has one channel or up to three as colours, and ${picked.length} are chosen.`,
      'Choose up to three, or each by itself with `each`.',
    );
  return [setOf('', picked)];
}

/** One channel by its whole name or number, or those of a list with commas. */
function channelsOf(
  planes: HeldPlanes,
  names: readonly string[],
  count: number,
  text: string,
  place: string,
): number[] {
  const whole = channelOf(names, text, count, place);
  if (whole !== undefined) return [whole];
  return text.split(',').map((part) => {
    const found = channelOf(names, part, count, place);
    if (found !== undefined) return found;
    const known = names.filter((name) => name !== '');
    throw imageError(
      place,
      `There is no channel ${JSON.stringify(part.trim())}; the file has ${describePlanes(planes)}.`,
      count === 1
        ? 'Leave the channel out.'
        : `Name ${known.length > 0 ? `one of ${known.join(', ')}` : 'a channel'}, or its number from 1 to ${count}.`,
    );
  });
}

/** `DAPI`, `2`, or which of both is meant: `name=2`, `number=2`. */
const channelPattern = /^(?:(name|number)=)?([^]*)$/iu;

/**
 * @returns Undefined if there is none of this name or number.
 * @throws {NucleateError} If a name is that of several channels, or is the number of another.
 */
function channelOf(names: readonly string[], text: string, count: number, place: string): number | undefined {
  const [, kind, rest = ''] = channelPattern.exec(text.trim())!;
  const asked = rest.trim().toLowerCase();
  const called = names.flatMap((name, c) => (name.trim().toLowerCase() === asked && asked !== '' ? [c] : []));
  const named = kind?.toLowerCase() === 'number' ? [] : called;
  if (named.length > 1)
    throw imageError(
      place,
      `Several channels are called ${JSON.stringify(rest.trim())}.`,
      `Choose by number: ${named.map((c) => c + 1).join(' or ')}.`,
    );
  const number = /^\d+$/u.test(asked) && kind?.toLowerCase() !== 'name' ? Number(asked) : NaN;
  const numbered = number >= 1 && number <= count ? number - 1 : undefined;
  const [byName] = named;
  if (byName !== undefined && numbered !== undefined && byName !== numbered)
    throw imageError(
      place,
      `Channel ${byName + 1} is called ${JSON.stringify(rest.trim())}, which is the number of another channel.`,
      `Write which of both is meant: --channel name=${asked} or --channel number=${asked}.`,
    );
  return byName ?? numbered;
}

interface AlongAxis {
  readonly suffix: string;
  readonly indices: readonly number[];
}

const words = { z: 'depths (z)', t: 'times (t)', page: 'pages' } as const;

function chooseAlong(
  planes: HeldPlanes,
  axis: 'z' | 't' | 'page',
  chosen: AxisChoice | undefined,
  place: string,
): AlongAxis[] {
  const count = planes.sizes[axis];
  const all = Array.from({ length: count }, (_, at) => at);
  const letter = axis === 'page' ? 'p' : axis;
  if (chosen === 'each')
    return all.map((at) => ({ suffix: count === 1 ? '' : `${letter}${at + 1}`, indices: [at] }));
  if (chosen === undefined || chosen === 'max' || chosen === 'mean') return [{ suffix: '', indices: all }];
  if (Number.isInteger(chosen) && chosen >= 1 && chosen <= count)
    return [{ suffix: '', indices: [chosen - 1] }];
  throw imageError(
    place,
    `There is no plane ${axis === 't' ? 't=' : ''}${chosen}; the file has ${describePlanes(planes)}.`,
    count === 1 ? 'Leave the plane out.' : `Choose a number from 1 to ${count}.`,
  );
}

/** Names that microscopists give to stains and proteins of nuclei. */
const nuclear = /dapi|hoechst|nucle|draq|sytox|h2b|nls|propidium|to-?pro/iu;

/** @param missing Axes without a choice, at least one. */
function unclear(
  planes: HeldPlanes,
  missing: readonly Axis[],
  choice: PlaneChoice,
  place: string,
): NucleateError {
  const { sizes, channelNames } = planes;
  const { writtenAs = 'options' } = choice;
  if (writtenAs === 'label image')
    return imageError(
      place,
      `The file has ${describePlanes(planes)}, and a label image has one plane.`,
      'Save the labels of one plane, in one channel, as a file of its own.',
    );
  const orEach = writtenAs === 'options' ? ', or each' : '';
  const isConfig = writtenAs === 'config';
  const write = (name: string, values: readonly string[]) =>
    isConfig ? `data.${name}: [${values.join(', ')}]` : `--${name} ${values.join(',')}`;
  const best = Math.max(
    0,
    channelNames.findIndex((name) => nuclear.test(name)),
  );
  const channel = channelNames[best] || String(best + 1);
  const isNumber = /^\d+$/u.test(channelNames[best] ?? '');
  const quoted = /^[\w.-]+$/u.test(channel) ? channel : JSON.stringify(channel);
  // With what is chosen already, since one option has all axes.
  const along = (['z', 'page', 't'] as const).filter((axis) => sizes[axis] > 1);
  const isMissing = along.some((axis) => missing.includes(axis));
  const values = along.map((axis) => {
    const chosen = axis === 't' ? choice.t : (choice.z ?? choice.plane);
    // Depths show the same nuclei, times do not: they move.
    const value = chosen ?? (axis === 't' ? '1' : 'max');
    return `${along.length === 1 ? '' : axis === 't' ? 't=' : 'z='}${value}`;
  });
  const most = along
    .filter((axis) => missing.includes(axis))
    .map((axis) => {
      const projections = axis === 't' ? '' : 'max, mean, ';
      const of = along.length === 1 ? '' : ` for ${axis === 't' ? 't' : 'z'}`;
      return `${projections}a number from 1 to ${sizes[axis]}${orEach}${of}`;
    });
  const steps = [
    ...(missing.includes('c')
      ? [
          `${write('channel', [isNumber ? `number=${best + 1}` : quoted])} (${channelNames.some((name) => name !== '') ? 'a name, or ' : ''}a number from 1 to ${sizes.c}${orEach}; up to three become colours)`,
        ]
      : []),
    ...(isMissing ? [`${write('plane', values)} (${most.join('; ')})`] : []),
  ];
  return imageError(
    place,
    `The file has ${describePlanes(planes)}, so it is unclear which of them shows the nuclei.`,
    `${isConfig ? 'Set' : 'Add'} ${steps.join(' and ')}.`,
  );
}

/** `2 channels (DAPI, GFP) and 5 depths (z)`; `1 plane` for a single one. */
export function describePlanes({ sizes, isColour, channelNames }: HeldPlanes): string {
  const names = channelNames.filter((name) => name !== '');
  const parts = [
    ...(sizes.c > 1 ? [`${sizes.c} channels${names.length > 0 ? ` (${names.join(', ')})` : ''}`] : []),
    ...(['z', 't', 'page'] as const).flatMap((axis) =>
      sizes[axis] > 1 ? [`${sizes[axis]} ${words[axis]}`] : [],
    ),
  ];
  if (parts.length === 0) return isColour ? '1 plane in red, green and blue' : '1 plane';
  return parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
