import type { AssembleSettings } from '../config/assemble.js';
import type { ModelFile } from '../config/model-file.js';
import { PredictSettings } from '../config/predict.js';
import { modelCard } from './model-card.js';
import { type NewModelFile, writeModelFolder } from './model-folder.js';
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
  /** Whether paths of this machine are left out of the configs, see {@link portableDetector}. */
  readonly portable: boolean;
  readonly assemble: AssembleSettings;
  readonly now: Date;
}

/**
 * Makes one model folder of two trained networks.
 *
 * @throws {NucleateError} As `readDetector` and `writeModelFolder`.
 */
export async function packModel(options: PackOptions): Promise<NewModelFile> {
  const [detector, segmenter] = [
    await readDetector(options.detector),
    await readSegmenter(options.segmenter),
  ];
  const { precision, portable, assemble, now, folder } = options;
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
    assemble,
    predict: PredictSettings.parse({}),
    tuned: null,
  };
  await writeModelFolder(
    folder,
    { file, detector: detector.weights, segmenter: segmenter.weights },
    modelCard(file),
  );
  return file;
}
