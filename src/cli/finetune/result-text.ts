import type { FinetuneEnded } from '../../finetune/finetune-events.js';
import type { FinetuneScore } from '../../finetune/finetune-result.js';
import { formatCount, formatDifference } from '../../report/numbers.js';
import { textTable } from '../../report/text-table.js';

type Finished = Extract<FinetuneEnded, { ending: 'finished' }>;

/** Fewer independent images than this cannot tell a better model from a lucky one. */
const tellingGroups = 10;

/** Images that are listed; the page has all. */
const listed = 20;

export const scoreText = ({ score, precision, recall }: FinetuneScore) =>
  `challenge score ${score.toFixed(3)}, precision ${fraction(precision)}, recall ${fraction(recall)}`;

/** What a fine-tuning prints at its end. */
export function resultText(ended: Finished): string {
  const { before, after, images, difference, interval, changedSettings } = ended;
  const table = textTable([
    ['', 'score', 'precision', 'recall'],
    ['before', ...numbers(before)],
    ['after', ...numbers(after)],
  ]);
  const byImage = textTable([
    ['image', 'before', 'after', 'precision', 'recall'],
    ...images
      .slice(0, listed)
      .map(({ id, before: one, after: other }) => [
        id,
        one.score.toFixed(3),
        other.score.toFixed(3),
        `${fraction(one.precision)} to ${fraction(other.precision)}`,
        `${fraction(one.recall)} to ${fraction(other.recall)}`,
      ]),
  ]);
  const range = interval
    ? `; 95 % interval, had other images been drawn: ${formatDifference(interval.low)} to ${formatDifference(interval.high)}`
    : '';
  const changes = Object.entries(changedSettings).map(
    ([key, { before: one, after: other }]) => `${key} ${String(one)} to ${String(other)}`,
  );
  return [
    table,
    '',
    byImage,
    ...(images.length > listed ? [`and ${images.length - listed} more, see the page`] : []),
    '',
    `change      ${formatDifference(difference)} on ${formatCount(images.length, 'image')}${range}`,
    ...caveats(ended).map((caveat) => `note        ${caveat}`),
    `thresholds  ${[ended.thresholds, ...changes].join('; ')}`,
    `model       ${ended.model}`,
    `page        ${ended.report}`,
    ...nextLines(ended),
  ].join('\n');
}

function caveats({
  isOptimistic,
  seenBefore,
  isBetter,
  difference,
  groups,
}: Pick<Finished, 'isOptimistic' | 'seenBefore' | 'isBetter' | 'difference' | 'groups'>): string[] {
  const comparison = difference < 0 ? `worse by ${(-difference).toFixed(3)}` : 'not better';
  if (isOptimistic) {
    return [
      ...(isBetter
        ? []
        : [`${comparison} even on the images that it learnt from: use the model that it began with`]),
      'these images were learnt from: look at the nuclei of other images, and correct a few more',
    ];
  }
  return [
    ...(isBetter
      ? []
      : [
          `${comparison} on the images that were left out: both models are there, use the one that you trust`,
        ]),
    ...(seenBefore
      ? ['the model that it began with had learnt from some of these images: both scores are optimistic']
      : []),
    ...(groups < tellingGroups
      ? [
          `${formatCount(groups, 'independent image')} cannot tell for sure: the next ones may come out differently`,
        ]
      : []),
  ];
}

function nextLines({ model, isBetter, isOptimistic }: Finished): string[] {
  const predict = `nucleate predict IMAGES --model ${model} --out nuclei`;
  return isBetter || isOptimistic
    ? [`next        ${predict}`]
    : [
        'next        correct more images, those that look worst first, and run it again with all of them',
        `            ${predict}`,
      ];
}

const numbers = ({ score, precision, recall }: FinetuneScore) => [
  score.toFixed(3),
  fraction(precision),
  fraction(recall),
];

const fraction = (value: number | null) => (value === null ? '-' : value.toFixed(3));
