/** Which planes of a file become an image: what the user has chosen, or the only one there is. */
import type { PlaneAxes, PlaneIndex } from './axes.js';

type HeldPlanes = Pick<PlaneAxes, 'sizes' | 'channelNames'>;

/** What the user has chosen; numbers count from 1, as ImageJ and QuPath show them. */
export interface PlaneChoice {
  /** Numbers or names of channels; `each` makes an image of each. Two or three become colours together. */
  readonly channels?: readonly string[];
  readonly z?: AxisChoice;
  readonly t?: AxisChoice;
}

/** A number from 1, the brightest or the mean value over the axis, or an image of each. */
export type AxisChoice = number | 'max' | 'mean' | 'each';

/** Planes that become one image. */
export interface ChosenImage {
  /** What tells it from the others of its file, for names of outputs: `c2`, `z10`; empty for the only one. */
  readonly suffix: string;
  /** Of each channel of the image, one or three, the planes that are projected; at least one. */
  readonly channels: readonly (readonly PlaneIndex[])[];
  readonly projection: 'max' | 'mean';
}

/** A choice that does not fit the file, or is missing: what was found in it, and what to write. */
export class PlaneChoiceError extends Error {
  override readonly name = 'PlaneChoiceError';
  constructor(
    what: string,
    readonly hint: string,
  ) {
    super(what);
  }
}

const first: PlaneIndex = { c: 0, z: 0, t: 0, page: 0 };

/**
 * @returns At least one image.
 * @throws {PlaneChoiceError} If there are several planes or channels and no choice among them, or the choice is not there.
 */
export function choosePlanes(axes: HeldPlanes, choice: PlaneChoice): ChosenImage[] {
  const { sizes } = axes;
  const channelSets = chooseChannels(axes, choice.channels);
  // Pages without a meaning are chosen as depths are.
  const depth = sizes.page > 1 ? 'page' : 'z';
  const depths = chooseAlong(axes, depth, choice.z);
  const times = chooseAlong(axes, 't', choice.t);
  const projection = choice.z === 'mean' || choice.t === 'mean' ? 'mean' : 'max';
  if (projection === 'mean' && (choice.z === 'max' || choice.t === 'max'))
    throw new PlaneChoiceError(
      'Depths and times cannot be projected in two ways at once.',
      'Choose max or mean for both.',
    );
  return channelSets.flatMap((set) =>
    times.flatMap((time) =>
      depths.map((planes) => ({
        suffix: [set.suffix, time.suffix, planes.suffix].filter((part) => part !== '').join('-'),
        channels: set.channels.map((c) =>
          time.indices.flatMap((t) => planes.indices.map((at) => ({ ...first, c, t, [depth]: at }))),
        ),
        projection,
      })),
    ),
  );
}

interface ChannelSet {
  readonly suffix: string;
  readonly channels: readonly number[];
}

function chooseChannels(axes: HeldPlanes, chosen: readonly string[] | undefined): ChannelSet[] {
  const count = axes.sizes.c;
  const all = Array.from({ length: count }, (_, c) => c);
  if (!chosen || chosen.length === 0) {
    if (count === 1) return [{ suffix: '', channels: [0] }];
    throw new PlaneChoiceError(
      unclear(axes),
      `Choose one: --channel ${axes.channelNames[0] ? JSON.stringify(axes.channelNames[0]) : '1'}; or take each: --channel each.`,
    );
  }
  if (chosen.length === 1 && chosen[0] === 'each')
    return all.map((c) => ({ suffix: count === 1 ? '' : `c${c + 1}`, channels: [c] }));
  const picked = chosen.map((name) => channelOf(axes, name));
  if (picked.length > 3)
    throw new PlaneChoiceError(
      `An image has one channel or up to three as colours, and ${picked.length} are chosen.`,
      'Choose up to three, or each by itself: --channel each.',
    );
  return [{ suffix: count === 1 ? '' : `c${picked.map((c) => c + 1).join('')}`, channels: picked }];
}

function channelOf(axes: HeldPlanes, chosen: string): number {
  const { channelNames, sizes } = axes;
  const same = (one: string) => one.trim().toLowerCase() === chosen.trim().toLowerCase();
  const named = channelNames.flatMap((name, c) => (same(name) ? [c] : []));
  if (named.length === 1) return named[0]!;
  const number = Number(chosen);
  if (named.length === 0 && Number.isInteger(number) && number >= 1 && number <= sizes.c) return number - 1;
  const what =
    named.length > 1
      ? `Several channels are called ${JSON.stringify(chosen)}`
      : `There is no channel ${JSON.stringify(chosen)}`;
  throw new PlaneChoiceError(
    `${what}; the file has ${describeAxes(axes)}.`,
    `Name a channel, or its number from 1 to ${sizes.c}.`,
  );
}

interface AlongAxis {
  readonly suffix: string;
  readonly indices: readonly number[];
}

const words = { z: 'depths (z)', t: 'times (t)', page: 'pages' } as const;

function chooseAlong(
  axes: HeldPlanes,
  axis: 'z' | 't' | 'page',
  chosen: AxisChoice | undefined,
): AlongAxis[] {
  const count = axes.sizes[axis];
  const all = Array.from({ length: count }, (_, at) => at);
  const letter = axis === 't' ? 't' : axis === 'z' ? 'z' : 'p';
  const option = axis === 't' ? 't=' : 'z=';
  if (chosen === undefined) {
    if (count === 1) return [{ suffix: '', indices: [0] }];
    throw new PlaneChoiceError(
      unclear(axes),
      `Take the brightest value of all: --plane ${option}max; or one: --plane ${option}${Math.ceil(count / 2)}; or each: --plane ${option}each.`,
    );
  }
  if (chosen === 'each')
    return all.map((at) => ({ suffix: count === 1 ? '' : `${letter}${at + 1}`, indices: [at] }));
  if (chosen === 'max' || chosen === 'mean') return [{ suffix: '', indices: all }];
  if (Number.isInteger(chosen) && chosen >= 1 && chosen <= count)
    return [{ suffix: count === 1 ? '' : `${letter}${chosen}`, indices: [chosen - 1] }];
  throw new PlaneChoiceError(
    `There is no plane ${chosen}; the file has ${describeAxes(axes)}.`,
    `Choose a number from 1 to ${count}.`,
  );
}

const unclear = (axes: HeldPlanes) =>
  `The file has ${describeAxes(axes)}, so it is unclear which of them shows the nuclei.`;

/** `2 channels (DAPI, GFP) and 5 depths (z)`; `1 plane` for a single one. */
export function describeAxes({ sizes, channelNames }: HeldPlanes): string {
  const names = channelNames.filter((name) => name !== '');
  const parts = [
    ...(sizes.c > 1 ? [`${sizes.c} channels${names.length > 0 ? ` (${names.join(', ')})` : ''}`] : []),
    ...(['z', 't', 'page'] as const).flatMap((axis) =>
      sizes[axis] > 1 ? [`${sizes[axis]} ${words[axis]}`] : [],
    ),
  ];
  if (parts.length === 0) return '1 plane';
  return parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
