import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DetectionLoader, SegmentationLoader } from '../../config/loader.js';
import type { Example } from '../../data/read/example.js';
import type { IntensityMode } from '../../data/image/intensity.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { Command } from '../command.js';
import { withDataset, withOverrides } from '../global-options.js';
import { wholeNumber } from '../number-options.js';

interface Arguments {
  path: string;
  labels: string | undefined;
  config: string | undefined;
  set: string[];
  output: string;
  count: string;
  seed: string;
}

/** Columns of the two sheets: crops of 256 px and of 64 px, the latter three times magnified. */
const columns = { detection: 4, segmentation: 5 };

/** What is drawn: the crops of one network or of both. */
interface Loaders {
  readonly detection?: DetectionLoader;
  readonly segmentation?: SegmentationLoader;
  /** Absent where the readers decide. */
  readonly intensity?: IntensityMode;
}

export const dataPreviewCommand: Command<Arguments> = {
  usage: 'preview <path>',
  describe: 'Write contact sheets of augmented crops as the networks get them, with outlines',
  examples: [
    ['nucleate data preview examples/dsb2018-mini', 'preview/detection.png and preview/segmentation.png'],
    [
      'C=configs/detector/tiny.yaml\n  nucleate data preview examples/dsb2018-mini --config $C',
      'what this config lets the detector see',
    ],
  ],
  builder: (parser) =>
    withOverrides(withDataset(parser))
      .option('config', {
        type: 'string',
        requiresArg: true,
        describe: 'A config with a loader: only its network, with its augmentation',
      })
      .option('output', {
        type: 'string',
        requiresArg: true,
        default: 'preview',
        describe: 'Folder to write to',
      })
      .option('count', { type: 'string', requiresArg: true, default: '20', describe: 'Crops on a sheet' })
      .option('seed', { type: 'string', requiresArg: true, default: '1', describe: 'Which crops' }),
  async handler({ path, labels, config, set, output, ...numbers }, terminal) {
    const count = wholeNumber('count', numbers.count, 1);
    const seed = wholeNumber('seed', numbers.seed, 1);
    const { detection, segmentation, intensity } = await readLoaders(config, set);
    const [{ batches }, { detectionCells, segmentationCells }, { sheet }, { writeImage }] = await Promise.all(
      [
        import('../../data/loader/batches.js'),
        import('../../draw/preview-cells.js'),
        import('../../draw/sheet.js'),
        import('../../data/image/image-io.js'),
      ],
    );
    const sources = await readSources(path, labels, intensity);
    await makeFolder(output);
    const settings = { batchSize: count, workers: 0 };
    const files: Record<string, string> = {};
    const ids: Record<string, readonly string[]> = {};
    const lines: string[] = [];
    if (detection) {
      const loader = { ...detection, ...settings, masks: true };
      const { value } = await batches({ task: 'detection', loader, seed, sources }).next();
      files['detection'] = join(output, 'detection.png');
      ids['detection'] = value.ids;
      await writeImage(files['detection'], sheet(detectionCells(value), columns.detection));
      lines.push(
        `${files['detection']}: ${count} crops for the detector; nuclei orange, boxes green, ignored red`,
      );
    }
    if (segmentation) {
      const loader = { ...segmentation, ...settings };
      const { value } = await batches({ task: 'segmentation', loader, seed, sources }).next();
      files['segmentation'] = join(output, 'segmentation.png');
      ids['segmentation'] = value.ids;
      await writeImage(files['segmentation'], sheet(segmentationCells(value), columns.segmentation));
      lines.push(
        `${files['segmentation']}: ${count} crops for the segmenter; nucleus orange, neighbours blue, box green`,
      );
    }
    terminal.result({ text: lines.join('\n'), value: { files, ids, seed } });
  },
};

/** Both networks with their defaults; with a config, the one that it trains. */
async function readLoaders(file: string | undefined, overrides: readonly string[]): Promise<Loaders> {
  if (file === undefined) {
    if (overrides.length > 0) {
      const hint = 'Name the config with --config.';
      throw new NucleateError({ what: '--set changes a config.', hint, exitCode: exitCodes.usage });
    }
    const { DetectionLoader, SegmentationLoader } = await import('../../config/loader.js');
    return { detection: DetectionLoader.parse({}), segmentation: SegmentationLoader.parse({}) };
  }
  const { loadConfig } = await import('../../config/load.js');
  const { config } = loadConfig(file, overrides);
  const { intensity } = config.data;
  return config.task === 'detector'
    ? { detection: config.loader, intensity }
    : { segmentation: config.loader, intensity };
}

async function readSources(
  path: string,
  labels: string | undefined,
  intensity: IntensityMode | undefined,
): Promise<Example[]> {
  const [{ readDataset }, { shownRange }] = await Promise.all([
    import('../../data/read/dataset.js'),
    import('../../data/image/intensity.js'),
  ]);
  const sources: Example[] = [];
  for await (const example of readDataset(path, { labels })) {
    const range = intensity && shownRange(example.image, intensity);
    sources.push(range ? { ...example, intensity: range } : example);
  }
  return sources;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: Error) => {
    const what = `The folder cannot be made: ${cause.message}.`;
    const hint = 'Check that the path is writable and no file has its name.';
    throw new NucleateError({ what, where: path, hint, exitCode: exitCodes.io }, { cause });
  });
}
