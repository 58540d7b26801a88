import type { AgreementValues, PairAgreement } from '../../eval/agreement.js';
import type { Command } from '../command.js';

type Arguments = { path: string };

/** Images that are printed of each pair; --json has all. */
const shown = 30;

export const dataAgreementCommand: Command<Arguments> = {
  usage: 'agreement <path>',
  describe: 'Tell how far several annotators agree: F1, IoU and score of each pair, by image',
  examples: [
    [
      'nucleate data agreement --help',
      'needs a folder that two people have annotated with nucleate annotate',
    ],
  ],
  builder: (parser) =>
    parser.positional('path', {
      type: 'string',
      demandOption: true,
      describe: 'Folder of images with annotations/, as `nucleate annotate` writes it',
    }),
  async handler({ path }, terminal) {
    const [{ agreementOf }, { textTable }] = await Promise.all([
      import('../../eval/agreement.js'),
      import('../../report/text-table.js'),
    ]);
    const pairs = await agreementOf(path);
    const text = pairs.map((pair) => textTable(rowsOf(pair))).join('\n\n');
    const legend =
      'F1 of nuclei with an IoU above 0.5, their mean IoU, and the challenge score, where both have reviewed.';
    terminal.result({ text: `${text}\n\n${legend}`, value: { pairs } });
  },
};

function rowsOf({ annotators, images, ...all }: PairAgreement): string[][] {
  const more = images.length - shown;
  return [
    [annotators.join(' and '), 'F1', 'IoU', 'score', 'nuclei'],
    ...images.slice(0, shown).map(({ id, ...values }) => [id, ...cellsOf(values)]),
    ...(more > 0 ? [[`and ${more} more`, '', '', '', '']] : []),
    ['all', ...cellsOf(all)],
  ];
}

const cellsOf = ({ f1, iou, score, nuclei }: AgreementValues): string[] => [
  ...[f1, iou, score].map((value) => (value === null ? '-' : value.toFixed(3))),
  nuclei.join(' / '),
];
