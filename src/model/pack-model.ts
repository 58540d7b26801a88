import { AssembleSettings } from '../config/assemble.js';
import type { ModelFile } from '../config/model-file.js';
import { PredictSettings } from '../config/predict.js';
import { exitCodes, NucleateError } from '../errors.js';
import { requireFittingNetworks } from './fitting-networks.js';
import type { SizedDetector, OtherNetworks } from '../models/network.js';
import { humanCeiling } from './human-ceiling.js';
import { modelCard } from './model-card.js';
import { type NewModelFile, readModelFolder, writeModelFolder } from './model-folder.js';
import { portableDetector, portableSegmenter } from './portable-config.js';
import { readDetector, readSegmenter, readTask } from './trained-network.js';
import { readSizes } from './trained-sizes.js';

export interface PackOptions {
  /** A run folder or a checkpoint. */
  readonly detector: string;
  readonly segmenter: string;
  /** Further runs or checkpoints of an ensemble, of either task. */
  readonly more?: readonly string[];
  /** The model folder; must not exist. */
  readonly folder: string;
  readonly precision: ModelFile['precision'];
  /** Whether to remove paths of this machine from the configs, see {@link portableDetector}. */
  readonly portable: boolean;
  /**
   * A tuned model folder whose settings are used, for networks that were trained on all images and cannot be tuned;
   * default: the default settings.
   */
  readonly settingsOf?: string;
  readonly now: Date;
}

/**
 * Packs two trained networks into one model folder. The runtime must have been started.
 *
 * @throws {NucleateError} As `readDetector`, `readModelFolder`, `requireFittingNetworks` and `writeModelFolder`; exit code 2
 *   if `settingsOf` is not tuned.
 */
export async function packModel(options: PackOptions): Promise<NewModelFile> {
  const { precision, portable, settingsOf, now, folder } = options;
  // First, because it fails most quickly.
  const settings = await settingsFrom(settingsOf);
  const [detector, segmenter] = [
    await readDetector(options.detector),
    await readSegmenter(options.segmenter),
  ];
  requireFittingNetworks({ detector, segmenter });
  const others = await readOthers(options.more ?? []);
  for (const other of others?.detectors ?? []) requireFittingNetworks({ detector: other, segmenter });
  for (const other of others?.segmenters ?? []) requireFittingNetworks({ detector, segmenter: other });
  requireAlike(detector, segmenter, others);
  const { path: data, more } = detector.config.data;
  const people = await humanCeiling([data, ...more]);
  const sizes = await readSizes(detector.config, detector.origin.dataset);
  const file: NewModelFile = {
    name: folder
      .replace(/[/\\]+$/u, '')
      .split(/[/\\]/u)
      .at(-1)!,
    created: now.toISOString(),
    precision,
    detector: {
      config: portable ? portableDetector(detector.config) : detector.config,
      origin: detector.origin,
      ...(sizes && { sizes }),
    },
    segmenter: {
      config: portable ? portableSegmenter(segmenter.config) : segmenter.config,
      origin: segmenter.origin,
    },
    ...(others && {
      others: {
        detectors: others.detectors.map(({ config, origin }) => ({
          config: portable ? portableDetector(config) : config,
          origin,
        })),
        segmenters: others.segmenters.map(({ config, origin }) => ({
          config: portable ? portableSegmenter(config) : config,
          origin,
        })),
      },
    }),
    ...settings,
    ...(people && { people }),
  };
  await writeModelFolder(
    folder,
    {
      ...{ file, detector: detector.weights, segmenter: segmenter.weights },
      ...(others && {
        others: {
          detectors: others.detectors.map(({ weights }) => weights),
          segmenters: others.segmenters.map(({ weights }) => weights),
        },
      }),
    },
    modelCard(file),
  );
  return file;
}

/** The further networks of an ensemble; undefined if there are none. */
async function readOthers(places: readonly string[]): Promise<OtherNetworks | undefined> {
  if (places.length === 0) return undefined;
  const detectors: SizedDetector[] = [];
  const segmenters: OtherNetworks['segmenters'][number][] = [];
  for (const place of places) {
    if ((await readTask(place)) === 'segmenter') segmenters.push(await readSegmenter(place));
    else detectors.push(await readDetector(place));
  }
  return { detectors, segmenters };
}

/**
 * Checks that the networks of an ensemble see the image in the same way: detectors at one scale, and segmenters in the same crops.
 *
 * @throws {NucleateError} Exit code 2.
 */
function requireAlike(
  detector: SizedDetector,
  segmenter: OtherNetworks['segmenters'][number],
  others: OtherNetworks | undefined,
): void {
  if (!others) return;
  const differ = (what: string, where: string | undefined, key: string) =>
    new NucleateError({
      what: `The ${what} of an ensemble must have the same ${key}.`,
      ...(where !== undefined && { where }),
      hint: 'Pack networks that were trained with one config.',
      exitCode: exitCodes.usage,
    });
  for (const { config, source } of others.detectors)
    if (config.loader.zoom !== detector.config.loader.zoom) throw differ('detectors', source, 'loader.zoom');
  for (const { config, source } of others.segmenters) {
    for (const key of ['cropSize', 'margin', 'minMargin'] as const) {
      if (config.loader[key] !== segmenter.config.loader[key])
        throw differ('segmenters', source, `loader.${key}`);
    }
  }
}

async function settingsFrom(
  folder: string | undefined,
): Promise<Pick<NewModelFile, 'assemble' | 'predict' | 'tuned'>> {
  if (folder === undefined)
    return { assemble: AssembleSettings.parse({}), predict: PredictSettings.parse({}), tuned: null };
  const { name, assemble, predict, tuned } = (await readModelFolder(folder)).file;
  if (!tuned) {
    throw new NucleateError({
      exitCode: exitCodes.usage,
      what: `The model in ${folder} is not tuned.`,
      hint: `Run \`nucleate tune ${folder}\` first, or leave out --settings-of.`,
    });
  }
  return { assemble, predict, tuned: { of: name, ...tuned } };
}
