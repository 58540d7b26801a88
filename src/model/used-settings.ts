import type { AssembleSettings } from '../config/assemble.js';
import type { PredictSettings } from '../config/predict.js';
import type { Rect } from '../data/geometry/rect.js';
import { exitCodes, NucleateError } from '../errors.js';
import { type Diameter, trainedDiameter } from '../predict/diameter.js';
import type { Model } from './model.js';
import { modelHash } from './model-hash.js';
import { type SegmentSettings, settingsFor } from './segment-settings.js';

/** Everything that decides what is found in an image. */
interface AllSettings extends AssembleSettings {
  readonly tta: PredictSettings['tta'];
  readonly darkZoom: PredictSettings['darkZoom'];
  /** `trained`: as in training. `auto`: measured in a first pass. */
  readonly diameter: Diameter | 'auto' | 'trained';
  /** px; null for whole images. */
  readonly region: Rect | null;
  /** um; null for what each image says. */
  readonly pixelSize: number | null;
}

/** What images were predicted with: `settings.json` beside the results. */
export interface UsedSettings {
  readonly model: {
    readonly name: string;
    /** Of its networks, whatever its settings. */
    readonly sha256: string;
    /** px of an image as it was trained on: the typical diameter of nuclei. */
    readonly diameter: number;
  };
  /** With a diameter in um of images that tell the size of their pixels, areas and dilation are those without scaling. */
  readonly settings: AllSettings;
  /** The model's own values of the settings that differ from them. */
  readonly own: Partial<AllSettings>;
}

/**
 * @param pixelSize um of a pixel, in place of what images say.
 * @throws {NucleateError} Exit code 2 for settings that contradict each other or the model.
 */
export function usedSettings(
  { file, own }: Pick<Model, 'file' | 'own'>,
  asked: SegmentSettings,
  pixelSize?: number,
): UsedSettings {
  const { diameter, region, ...changed } = asked;
  const isSame = typeof diameter === 'number' || pixelSize !== undefined;
  const square = pixelSize === undefined ? undefined : { x: pixelSize, y: pixelSize };
  const { assemble } = asUsage(() => settingsFor(file, { pixelSize: square }, isSame ? asked : changed));
  const settings: AllSettings = {
    ...assemble,
    ...modeOf(file.predict),
    ...(diameter !== undefined && { diameter }),
    ...{ region: region ?? null, pixelSize: pixelSize ?? null },
  };
  const stored: AllSettings = { ...own.assemble, ...modeOf(own.predict), region: null, pixelSize: null };
  const keys = Object.keys(settings) as (keyof AllSettings)[];
  const differing = keys.filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(stored[key]));
  return {
    model: { name: file.name, sha256: modelHash(file), diameter: trainedDiameter(file.detector) },
    settings,
    own: Object.fromEntries(differing.map((key) => [key, stored[key]])),
  };
}

/** Nothing of this is due to an image. */
function asUsage<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NucleateError)) throw error;
    const { message: what, hint } = error;
    throw new NucleateError({ what, hint, exitCode: exitCodes.usage }, { cause: error });
  }
}

const modeOf = ({ tta, darkZoom, secondPass }: PredictSettings) => ({
  ...{ tta, darkZoom, diameter: secondPass ? ('auto' as const) : ('trained' as const) },
});

/**
 * One line that says what differs from the model's own settings, by the names of the options; none if nothing does.
 *
 * @param predicted The images, with their diameters in px.
 */
export function settingsLines({
  used: { model, settings, own },
  predicted,
}: {
  readonly used: UsedSettings;
  readonly predicted: readonly { readonly diameter?: number }[];
}): string[] {
  const words = Object.entries(own).map(([key, before]) => {
    const option = key.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
    const found = key === 'diameter' ? inPixels(settings.diameter, predicted) : '';
    const known = before === 'trained' ? shortPx(model.diameter) : inWords(before);
    const instead = before === null ? '' : ` (model: ${known})`;
    return `${option} ${inWords(settings[key as keyof AllSettings])}${found}${instead}`;
  });
  return words.length > 0 ? [`settings    ${words.join(', ')}`] : [];
}

const shortPx = (px: number) => String(Number(px.toPrecision(3)));

/** ` = 20 px`, ` = 20 to 31.2 px` for um. */
function inPixels(asked: AllSettings['diameter'], predicted: readonly { readonly diameter?: number }[]) {
  const diameters = predicted.flatMap(({ diameter = [] }) => diameter);
  if (typeof asked !== 'object' || diameters.length === 0) return '';
  const ends = [Math.min(...diameters), Math.max(...diameters)].map(shortPx);
  return ` = ${[...new Set(ends)].join(' to ')} px`;
}

function inWords(value: AllSettings[keyof AllSettings]): string {
  if (value === null) return 'none';
  if (typeof value !== 'object') return String(value);
  if ('um' in value) return `${value.um}um`;
  if ('width' in value) return [value.x, value.y, value.width, value.height].join(',');
  return value.length > 0 ? value.join(' x ') : 'none';
}
