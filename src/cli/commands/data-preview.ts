import { join } from 'node:path';
import { makeFolders } from '../../make-folders.js';
import type { DetectionLoader, SegmentationLoader } from '../../config/loader.js';
import type { ReadOptions } from '../../data/read/dataset.js';
import type { Example } from '../../data/read/example.js';
import type { IntensityMode } from '../../data/image/intensity.js';
import { planeChoice, type PlaneChoice } from '../../data/image/plane-choice.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { formatCount } from '../../report/numbers.js';
import type { Command } from '../command.js';
import { warnOfOldKeys } from '../old-keys.js';
import type { Terminal } from '../terminal.js';
import { withDataset, withOverrides } from '../global-options.js';
import { type LabelArguments, labelReading } from '../label-options.js';
import { wholeNumber } from '../number-options.js';
import { type PlaneArguments, planesOfDataset } from '../plane-options.js';

type Arguments = LabelArguments &
  PlaneArguments & {
    path: string;
    labels: string | undefined;
    config: string | undefined;
    set: string[];
    out: string;
    count: string;
    seed: string;
  };

/** Columns of the two sheets: crops of 256 px, and crops of 64 px magnified three times. */
const columns = { detection: 4, segmentation: 5 };

/** Whose crops are drawn: those of one network or of both. */
interface Loaders {
  readonly detection?: DetectionLoader;
  readonly segmentation?: SegmentationLoader;
  readonly intensity: IntensityMode;
  readonly planes: PlaneChoice;
}

export const dataPreviewCommand: Command<Arguments> = {
  usage: 'preview <path>',
  describe: 'Draw sheets of augmented crops, as the networks see them in training',
  examples: [
    [
      'nucleate data preview examples/dsb2018-mini',
      'write preview/detection.png and preview/segmentation.png',
    ],
    [
      'C=configs/detector/tiny.yaml\n  nucleate data preview examples/dsb2018-mini --config $C',
      'crops for the detector with the augmentation of this config',
    ],
  ],
  builder: (parser) =>
    withOverrides(withDataset(parser))
      .option('config', {
        type: 'string',
        requiresArg: true,
        describe: 'Training config: draw only crops for its network, with its augmentation',
      })
      .option('out', {
        alias: 'output',
        type: 'string',
        requiresArg: true,
        default: 'preview',
        describe: 'Folder to write the sheets to',
      })
      .option('count', { type: 'string', requiresArg: true, default: '20', describe: 'Crops per sheet' })
      .option('seed', {
        type: 'string',
        requiresArg: true,
        default: '1',
        describe: 'Seed of the random draw',
      }),
  async handler({ path, labels, channel, plane, config, set, out, ...numbers }, terminal) {
    const count = wholeNumber('count', numbers.count, 1);
    const seed = wholeNumber('seed', numbers.seed, 1);
    const { detection, segmentation, intensity, planes } = await readLoaders(config, set, terminal);
    const [{ batches }, { detectionCells, segmentationCells }, { sheet }, { writeDrawing }] =
      await Promise.all([
        import('../../data/loader/batches.js'),
        import('../../draw/preview-cells.js'),
        import('../../draw/sheet.js'),
        import('../../data/image/image-io.js'),
      ]);
    const asked = channel || plane ? planesOfDataset({ channel, plane }) : planes;
    const examples = await readExamplesOf(path, {
      labels,
      intensity,
      ...labelReading(numbers),
      planes: asked,
    });
    makeFolder(out);
    const settings = { batchSize: count, workers: 0 };
    const files: Record<string, string> = {};
    const ids: Record<string, readonly string[]> = {};
    const lines: string[] = [];
    if (detection) {
      const loader = { ...detection, ...settings };
      const { value } = await batches({ task: 'detection', loader, seed, examples }).next();
      files['detection'] = join(out, 'detection.png');
      ids['detection'] = value.ids;
      await writeDrawing(files['detection'], sheet(detectionCells(value), columns.detection));
      lines.push(
        `${files['detection']}: ${formatCount(count, 'crop')} for the detector; nuclei orange, boxes green, ignored pixels red`,
      );
    }
    if (segmentation) {
      const loader = { ...segmentation, ...settings };
      const { value } = await batches({ task: 'segmentation', loader, seed, examples }).next();
      files['segmentation'] = join(out, 'segmentation.png');
      ids['segmentation'] = value.ids;
      await writeDrawing(files['segmentation'], sheet(segmentationCells(value), columns.segmentation));
      lines.push(
        `${files['segmentation']}: ${formatCount(count, 'crop')} for the segmenter; nucleus orange, neighbours blue, box green`,
      );
    }
    terminal.result({ text: lines.join('\n'), value: { files, ids, seed } });
  },
};

/** Without a config both networks with default settings; with a config the network that it trains. */
async function readLoaders(
  file: string | undefined,
  overrides: readonly string[],
  terminal: Terminal,
): Promise<Loaders> {
  if (file === undefined) {
    if (overrides.length > 0) {
      const what = '--set needs --config: it changes a value of a config.';
      throw new NucleateError({ what, hint: 'Add --config FILE.', exitCode: exitCodes.usage });
    }
    const { DetectionLoader, SegmentationLoader } = await import('../../config/loader.js');
    return {
      detection: DetectionLoader.parse({}),
      segmentation: SegmentationLoader.parse({}),
      intensity: 'full',
      planes: {},
    };
  }
  const { loadConfig } = await import('../../config/load.js');
  const { config, oldKeys } = loadConfig(file, overrides);
  warnOfOldKeys(oldKeys, terminal);
  const { intensity } = config.data;
  const planes = planeChoice(config.data, 'config');
  return config.task === 'detector'
    ? { detection: config.loader, intensity, planes }
    : { segmentation: config.loader, intensity, planes };
}

async function readExamplesOf(path: string, options: ReadOptions): Promise<Example[]> {
  const { readDataset } = await import('../../data/read/dataset.js');
  const examples: Example[] = [];
  for await (const example of readDataset(path, options)) examples.push(example);
  return examples;
}

function makeFolder(path: string): void {
  try {
    makeFolders(path);
  } catch (cause) {
    const what = `The folder cannot be created: ${(cause as Error).message}.`;
    const hint = 'Check that the path is writable and that no file has this name.';
    throw new NucleateError({ what, where: path, hint, exitCode: exitCodes.io }, { cause });
  }
}
