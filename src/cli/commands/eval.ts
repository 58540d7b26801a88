import type { Command } from '../command.js';
import { writeText } from '../write-text.js';

type Arguments = {
  targets: string[];
  data: string;
  groups: string | undefined;
  html: string | undefined;
  csv: string | undefined;
  'allow-other-data': boolean;
};

export const evalCommand: Command<Arguments> = {
  usage: 'eval <targets..>',
  describe: 'Score predictions against the truth, and compare several of them',
  examples: [
    ['nucleate eval examples/dsb2018-mini --data examples/dsb2018-mini', 'the truth against itself: 1'],
    [
      'S=examples/dsb2018-mini; nucleate eval $S --data $S --groups $S/sample.csv',
      'by modality, too: a CSV with the columns name and cluster',
    ],
    ['S=examples/dsb2018-mini; nucleate eval $S --data $S --html eval.html', 'as a page'],
  ],
  builder: (parser) =>
    parser
      .positional('targets', {
        type: 'string',
        array: true,
        demandOption: true,
        describe:
          'Folders of label images or of mask folders, or run-length CSV files; compared with the first',
      })
      .option('data', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'The truth: a folder of X.png with X_masks.png, of label images, or of X/masks/*.png',
      })
      .option('groups', {
        type: 'string',
        requiresArg: true,
        describe: 'A CSV file with the columns name (or image_id) and cluster',
      })
      .option('html', { type: 'string', requiresArg: true, describe: 'Write a page with charts and images' })
      .option('csv', { type: 'string', requiresArg: true, describe: 'Write a row for each image' })
      .option('allow-other-data', {
        type: 'boolean',
        default: false,
        describe: 'Score also targets whose dataset.json says that they were made for other data',
      }),
  async handler({ targets, data, groups, html, csv, 'allow-other-data': allowOtherData }, terminal) {
    const [{ openPrediction, openTruth }, { refuseOtherData }, { readClusters }, { scoreSources }] =
      await Promise.all([
        import('../../eval/sources/open.js'),
        import('../../eval/sources/recorded-data.js'),
        import('../../eval/sources/clusters.js'),
        import('../../eval/score-sources.js'),
      ]);
    const [{ evalDocument }, { evalText }] = await Promise.all([
      import('../../report/eval-document.js'),
      import('../../report/eval-text.js'),
    ]);
    const truth = await openTruth(data);
    const predictions = [];
    for (const target of targets) predictions.push(await openPrediction(target));
    const clusters = groups === undefined ? undefined : await readClusters(groups);
    const sha256 = await truth.hash();
    if (!allowOtherData) refuseOtherData(predictions, data, sha256);

    const progress = terminal.progress('scoring', truth.ids.length);
    const scored = await scoreSources(truth, predictions, {
      ...(clusters ? { clusters } : {}),
      onImage: (done) => progress.update(done),
    });
    const document = evalDocument(truth, sha256, scored);

    if (csv !== undefined) {
      const { evalCsv } = await import('../../report/eval-csv.js');
      await writeText(csv, evalCsv(document), 'file');
    }
    if (html !== undefined) {
      const { evalPage } = await import('../../report/eval-page.js');
      await writeText(html, await evalPage(document, { truth, predictions }), 'file');
    }
    terminal.result({ text: evalText(document), value: document });
  },
};
