import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes, NucleateError } from '../../errors.js';
import type { Command } from '../command.js';
import { withDataset } from '../global-options.js';
import { wholeNumber } from '../number-options.js';

interface Arguments {
  path: string;
  labels: string | undefined;
  output: string;
  count: string;
  seed: string;
}

/** Columns of the two sheets: crops of 256 px and of 64 px, the latter three times magnified. */
const columns = { detection: 4, segmentation: 5 };

export const dataPreviewCommand: Command<Arguments> = {
  usage: 'preview <path>',
  describe: 'Write two contact sheets of augmented crops as the networks get them, with outlines',
  examples: [
    ['nucleate data preview examples/dsb2018-mini', 'preview/detection.png and preview/segmentation.png'],
    ['nucleate data preview examples/dsb2018-mini --count 4 --seed 2 --output other', 'other crops'],
  ],
  builder: (parser) =>
    withDataset(parser)
      .option('output', {
        type: 'string',
        requiresArg: true,
        default: 'preview',
        describe: 'Folder to write to',
      })
      .option('count', { type: 'string', requiresArg: true, default: '20', describe: 'Crops on a sheet' })
      .option('seed', { type: 'string', requiresArg: true, default: '1', describe: 'Which crops' }),
  async handler({ path, labels, output, ...numbers }, terminal) {
    const count = wholeNumber('count', numbers.count, 1);
    const seed = wholeNumber('seed', numbers.seed, 1);
    const [
      { readDataset },
      { DetectionLoader, SegmentationLoader },
      { batches },
      { sheet, detectionCells, segmentationCells },
      { writeImage },
    ] = await Promise.all([
      import('../../data/dataset.js'),
      import('../../config/loader.js'),
      import('../../data/loader/batches.js'),
      import('../../report/preview-sheet.js'),
      import('../../data/image-io.js'),
    ]);
    const sources = [];
    for await (const example of readDataset(path, { labels })) sources.push(example);
    const settings = { batchSize: count, workers: 0 };
    const detection = await batches({
      task: 'detection',
      loader: DetectionLoader.parse({ ...settings, masks: true }),
      seed,
      sources,
    }).next();
    const segmentation = await batches({
      task: 'segmentation',
      loader: SegmentationLoader.parse(settings),
      seed,
      sources,
    }).next();
    await makeFolder(output);
    const files = {
      detection: join(output, 'detection.png'),
      segmentation: join(output, 'segmentation.png'),
    };
    await writeImage(files.detection, sheet(detectionCells(detection.value), columns.detection));
    await writeImage(files.segmentation, sheet(segmentationCells(segmentation.value), columns.segmentation));
    const ids = { detection: detection.value.ids, segmentation: segmentation.value.ids };
    terminal.result({
      text: [
        `${files.detection}: ${count} crops for the detector; nuclei orange, boxes green, ignored red`,
        `${files.segmentation}: ${count} crops for the segmenter; nucleus orange, neighbours blue, box green`,
      ].join('\n'),
      value: { files, ids, seed },
    });
  },
};

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: Error) => {
    const what = `The folder cannot be made: ${cause.message}.`;
    const mend = 'Check that the path is writable and no file has its name.';
    throw new NucleateError({ what, where: path, mend, exitCode: exitCodes.io }, { cause });
  });
}
