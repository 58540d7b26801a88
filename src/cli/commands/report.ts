import path from 'node:path';
import { readPlainFileSync } from '../../plain-file.js';
import type { Command } from '../command.js';
import { writeText } from '../write-text.js';

export const reportCommand: Command<{ run: string; out: string | undefined }> = {
  usage: 'report <run>',
  describe: 'Write an HTML page about a run: settings, curves, scores, best and worst images',
  examples: [
    [
      'C=configs/segmenter/tiny.yaml\n  nucleate train segmenter --config $C --run-dir runs/r --time 5s\n  nucleate report runs/r --out report.html',
      'train for 5 seconds and write the page',
    ],
  ],
  builder: (parser) =>
    parser.positional('run', { type: 'string', demandOption: true, describe: 'A run folder' }).option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'The HTML file to write; default: report.html in the run folder',
    }),
  async handler({ run: given, out }, terminal) {
    const [{ requireRun }, { readRun }, { readValidationImages, validationImagesFolder }, { runPage }] =
      await Promise.all([
        import('../../run/find-runs.js'),
        import('../../run/run-document.js'),
        import('../../run/validation-images.js'),
        import('../../report/run-page.js'),
      ]);
    const run = path.normalize(given).replace(/(?<=.)\/+$/u, '');
    requireRun(run);
    const document = await readRun(run, { verify: false });
    // Of the newest validation that has saved any; runs of older versions have none.
    const images = document.curves.validations.toReversed().flatMap(({ step }) => {
      const evaluation = readValidationImages(run, step);
      if (!evaluation) return [];
      const drawn = evaluation.examples.map(({ file, ...rest }) => ({
        ...rest,
        png: readPlainFileSync(path.join(validationImagesFolder(run, step), file)),
      }));
      return [{ step, images: evaluation.images, drawn }];
    });
    const page = out ?? path.join(run, 'report.html');
    await writeText(page, runPage(document, images[0] ?? null), 'page');
    const { summary } = document;
    terminal.result({ text: page, value: { page, run: summary } });
  },
};
