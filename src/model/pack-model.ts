import { AssembleSettings } from '../config/assemble.js';
import type { ModelFile } from '../config/model-file.js';
import { PredictSettings } from '../config/predict.js';
import { exitCodes, NucleateError } from '../errors.js';
import { requireFittingNetworks } from './fitting-networks.js';
import { modelCard } from './model-card.js';
import { type NewModelFile, readModelFolder, writeModelFolder } from './model-folder.js';
import { portableDetector, portableSegmenter } from './portable-config.js';
import { readDetector, readSegmenter } from './trained-network.js';
import { readSizes } from './trained-sizes.js';

export interface PackOptions {
  /** A run folder or a checkpoint. */
  readonly detector: string;
  readonly segmenter: string;
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
    ...settings,
  };
  await writeModelFolder(
    folder,
    { file, detector: detector.weights, segmenter: segmenter.weights },
    modelCard(file),
  );
  return file;
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
