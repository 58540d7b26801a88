import { type OutputFormat, outputFormatNames } from '../../predict/formats/output-formats.js';
import type { Command } from '../command.js';
import { outputFormatsOf } from '../format-option.js';
import { withDataset } from '../global-options.js';
import { type LabelArguments, labelReading } from '../label-options.js';
import { type PlaneArguments, planesOfDataset } from '../plane-options.js';

const sample = 'examples/dsb2018-mini';

type ExportArguments = {
  path: string;
  labels: string | undefined;
  format: OutputFormat[];
  out: string;
} & LabelArguments &
  PlaneArguments;

export const dataExportCommand: Command<ExportArguments> = {
  usage: 'export <path>',
  describe: 'Write the annotations of a dataset in formats of other programs: QuPath, ImageJ, COCO, ...',
  examples: [[`nucleate data export ${sample} --format geojson --out annotations`, 'for QuPath']],
  builder: (parser) =>
    withDataset(parser)
      .option('format', {
        choices: outputFormatNames,
        array: true,
        requiresArg: true,
        demandOption: true,
        coerce: outputFormatsOf,
        describe: 'What to write, as in `nucleate predict`, one or several as labels,coco',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'Folder to write; each format has its own folder in it',
      }),
  async handler({ path, labels, format, out, ...reading }, terminal) {
    const [{ openDataset }, { exportDataset }] = await Promise.all([
      import('../../data/read/dataset.js'),
      import('../../predict/export-dataset.js'),
    ]);
    const dataset = await openDataset(path, {
      labels,
      ...labelReading(reading),
      planes: planesOfDataset(reading),
    });
    try {
      const progress = terminal.progress('exporting', dataset.images.length);
      await exportDataset(dataset, out, format, (done) => progress.update(done));
      const images = dataset.images.length;
      terminal.result({
        text: `images      ${images}\nwritten     ${out}`,
        value: { folder: out, formats: format, images },
      });
    } finally {
      await dataset.close();
    }
  },
};
