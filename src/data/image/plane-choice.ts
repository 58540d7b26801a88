/** What a user asks for of a file with several channels, depths or times. */
import { exitCodes, NucleateError } from '../../errors.js';

/** Numbers count from 1, as ImageJ and QuPath show them. An empty choice takes the only plane that there is. */
export interface PlaneChoice {
  /**
   * Numbers or names of channels, or several of them separated by commas; red, green and blue are those of a colour image.
   * `each` makes an image of each; two or three others become colours together.
   */
  readonly channels?: readonly string[];
  /** Along depths, or along times where there is only one depth. */
  readonly plane?: AxisChoice;
  readonly z?: AxisChoice;
  readonly t?: AxisChoice;
  /** How the user writes a choice, for hints; of label images there is none. Default: `options`. */
  readonly writtenAs?: 'options' | 'options of a dataset' | 'config' | 'label image';
}

/** A number from 1, the brightest or the mean value over the axis, or an image of each. */
export type AxisChoice = number | 'max' | 'mean' | 'each';

/** One `--plane`, or one item of `data.plane`: `max`, `12`, `z=max`, `t=3`. */
const planePattern = /^(?:([zt])=)?(max|mean|each|[1-9]\d*)$/u;

/**
 * Reads what the user has written.
 *
 * @param written `channel`: names or numbers. `plane`: see `planePattern`; several may be separated by commas.
 * @throws {NucleateError} Exit code 2 for a plane that is none, or two for one axis.
 */
export function planeChoice(
  written: {
    readonly channel?: readonly (string | number)[] | undefined;
    readonly plane?: readonly (string | number)[] | undefined;
  },
  writtenAs: NonNullable<PlaneChoice['writtenAs']> = 'options',
): PlaneChoice {
  const channels = (written.channel ?? []).map(String);
  checkNumbers(channels, writtenAs === 'config' ? 'data.channel' : '--channel');
  const along: Partial<Record<'plane' | 'z' | 't', AxisChoice>> = {};
  const name = writtenAs === 'config' ? 'data.plane' : '--plane';
  const wrong = (what: string) => {
    const hint = `Write max, mean, each or a number from 1, along one axis: z=max, t=3.`;
    return new NucleateError({ what, hint, exitCode: exitCodes.usage });
  };
  for (const text of (written.plane ?? []).flatMap((item) => String(item).split(','))) {
    const [, axis = 'plane', value] = planePattern.exec(text.trim()) ?? [];
    if (value === undefined) throw wrong(`${name} does not take \`${text}\`.`);
    const key = axis as keyof typeof along;
    if (key in along || ((key === 'plane' ? 'z' : 'plane') in along && key !== 't'))
      throw wrong(`${name} has two values for one axis, received \`${text}\` as well.`);
    along[key] = /^\d/u.test(value) ? Number(value) : (value as AxisChoice);
  }
  const choice = { ...(channels.length > 0 && { channels }), ...along, writtenAs };
  if (writtenAs !== 'options' && takesEach(choice))
    throw new NucleateError({
      what: 'A dataset has one image of each file, so it cannot take each channel or plane.',
      hint: 'Name one channel, and one plane, max or mean.',
      exitCode: exitCodes.usage,
    });
  return choice;
}

/** @throws {NucleateError} Exit code 2 for numbers that no channel of any file has, and for more than an image can hold. */
function checkNumbers(channels: readonly string[], name: string): void {
  const parts = channels.flatMap((text) => text.split(',')).map((part) => part.trim());
  if (!parts.every((part) => /^[+-]?\d+$/u.test(part))) return;
  const wrong = parts.find((part) => !(Number(part) >= 1));
  const usage = (what: string, hint: string) => {
    throw new NucleateError({ what, hint, exitCode: exitCodes.usage });
  };
  if (wrong !== undefined)
    usage(
      `${name} does not take ${wrong}: the first channel is 1.`,
      `Count from 1; a channel that is called so is name=${wrong}.`,
    );
  if (parts.length > mostChannels)
    usage(
      `${name} takes one channel or up to three as colours, received ${parts.length}.`,
      'Choose up to three, or each by itself with `each`.',
    );
}

/** Red, green and blue. */
const mostChannels = 3;

/** A choice as users write it, for what is stored: `data.channel` and `data.plane` of a config. */
export interface WrittenPlanes {
  readonly channel: readonly string[];
  readonly plane: readonly string[];
}

/** @returns Undefined for an empty choice. */
export function writtenPlanes({ channels = [], plane, z, t }: PlaneChoice): WrittenPlanes | undefined {
  const along = [
    ...(plane === undefined ? [] : [String(plane)]),
    ...(z === undefined ? [] : [`z=${z}`]),
    ...(t === undefined ? [] : [`t=${t}`]),
  ];
  return channels.length + along.length > 0 ? { channel: channels, plane: along } : undefined;
}

/** Whether a file may become several images. */
export const takesEach = ({ channels, plane, z, t }: PlaneChoice): boolean =>
  channels?.[0] === 'each' || [plane, z, t].includes('each');
