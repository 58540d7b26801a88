/** Numbers that documents show, from docs/results.json and the model that it names; their places are marked in the texts. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { table } from './markdown.js';

type ByCluster = Readonly<Record<string, number>>;

/** docs/results.json. Scores are challenge scores of `model`, 0 to 1. */
export interface Results {
  /** Folder of a model that was not trained on fold 0, and whose thresholds `nucleate tune` has chosen there. */
  readonly model: string;
  readonly fold0: {
    readonly images: ByCluster;
    readonly score: ByCluster;
    readonly trueBoxes: ByCluster;
    readonly trueMasks: ByCluster;
    /** Mean TP / (TP + FP + FN) by IoU threshold. */
    readonly thresholds: ByCluster;
  };
  readonly fold1: number;
  /** Of the datasets that experiments/variants.ts writes. */
  readonly recoloured: number;
  readonly plain: number;
  /** From random weights, on the machine that docs/results.md names. */
  readonly training: Readonly<
    Record<'detector' | 'segmenter', { readonly steps: number; readonly hours: number }>
  >;
  readonly speed: { readonly firstSeconds: number; readonly furtherSeconds: number };
  /** Networks that were trained without a cluster and scored on it. */
  readonly withoutCluster: readonly {
    readonly cluster: string;
    readonly trained: number;
    readonly scored: number;
    readonly score: number;
    readonly boxRecall: number;
    readonly maskIou: number;
    readonly trueBoxes: number;
    readonly trueMasks: number;
  }[];
  /** experiments/generalise.ts for both models: images that no network of the line has seen. */
  readonly yardstick: readonly {
    readonly line: string;
    readonly images: number;
    /** By model: score, precision and recall at IoU 0.5. */
    readonly models: Readonly<
      Record<string, { readonly score: number; readonly precision: number; readonly recall: number }>
    >;
  }[];
}

interface TunedModel {
  readonly tuned: {
    readonly heldOut: {
      readonly score: number;
      readonly clusters: Readonly<Record<string, { readonly score: number }>>;
    };
  };
}

/** The documents with marked places. */
export const documentsWithResults = [
  'README.md',
  'docs/results.md',
  'docs/explanation/two-networks.md',
  'docs/how-to/train-from-nothing.md',
];

const readJson = <Content>(file: string): Content => JSON.parse(readFileSync(file, 'utf8')) as Content;

export const resultsFile = (root: string): string => path.join(root, 'docs/results.json');

export const readResults = (root: string): Results => readJson<Results>(resultsFile(root));

const score = (value: number) => value.toFixed(3);

/** What stands at each marked place, by its name. */
function textsOf(root: string, results: Results): Record<string, string> {
  const { fold0, training, speed, withoutCluster, yardstick } = results;
  const models = Object.keys(yardstick[0]!.models);
  const { heldOut } = readJson<TunedModel>(path.join(root, results.model, 'model.json')).tuned;
  const clusters = Object.keys(fold0.images);
  const row = (name: string, values: ByCluster, text = score) => [
    name,
    ...clusters.map((cluster) => (values[cluster] === undefined ? '' : text(values[cluster]))),
  ];
  const ofHeldOut = {
    all: heldOut.score,
    ...Object.fromEntries(Object.entries(heldOut.clusters).map(([name, { score }]) => [name, score])),
  };
  const time = (stage: 'detector' | 'segmenter') =>
    `${training[stage].hours} hours (${stage}, ${training[stage].steps.toLocaleString('en')} steps)`;
  return {
    'held-out': table(
      ['Images', ...clusters],
      [row('number', fold0.images, String), row('score', ofHeldOut)],
    ),
    'fold-0': table(
      ['Challenge score on fold 0', ...clusters],
      [
        row('images', fold0.images, String),
        row('thresholds chosen on the other half of it', ofHeldOut),
        row('thresholds chosen on all of it', fold0.score),
        row('the same, true boxes instead of detections', fold0.trueBoxes),
        row('the same, true masks in the detections', fold0.trueMasks),
      ],
    ),
    thresholds: table(Object.keys(fold0.thresholds), [Object.values(fold0.thresholds).map(score)]),
    'without-cluster': table(
      [
        ...['Without', 'trained on', 'images scored', 'score', 'box recall', 'mask IoU'],
        ...['true boxes', 'true masks'],
      ],
      withoutCluster.map((one) => [
        ...[one.cluster, `${one.trained} images`, String(one.scored)],
        ...[one.score, one.boxRecall, one.maskIou, one.trueBoxes, one.trueMasks].map(score),
      ]),
    ),
    yardstick: table(
      ['Score (precision, recall at IoU 0.5)', 'images', ...models],
      yardstick.map(({ line, images, models: of }) => [
        line,
        String(images),
        ...models.map((name) => {
          const { score: value, precision, recall } = of[name]!;
          return `${score(value)} (${precision.toFixed(2)}, ${recall.toFixed(2)})`;
        }),
      ]),
    ),
    gains: `from ${score(fold0.score['all']!)} to ${score(fold0.trueBoxes['all']!)} with true boxes, and to ${score(fold0.trueMasks['all']!)} with true masks`,
    'fold-1': score(results.fold1),
    recoloured: `${score(results.recoloured)}; on the same crops in their own colours ${score(results.plain)}`,
    training: `${time('detector')} and ${time('segmenter')}`,
    speed: `${speed.firstSeconds.toFixed(1)} s, and each further one ${speed.furtherSeconds} s`,
  };
}

/** Places: `<!-- results: NAME -->`, what stands there, `<!-- end -->`; a table is on lines of its own. */
const places = /<!-- results: ([\w-]+) -->.*?<!-- end -->/gsu;

/**
 * A document with what its marked places must hold.
 *
 * @param file From `root`.
 * @throws {Error} If a place has a name that is not known, or there is none.
 */
export async function withResults(root: string, file: string, results: Results): Promise<string> {
  const place = path.join(root, file);
  const texts = textsOf(root, results);
  const text = readFileSync(place, 'utf8');
  if (text.search(places) === -1) throw new Error(`${file} has no marked place`);
  const filled = text.replace(places, (_, name: string, at: number) => {
    const value = texts[name];
    if (value === undefined) throw new Error(`${file} has a place for "${name}", which is not known`);
    const gap = value.startsWith('|') ? '\n\n' : '';
    // Markdown ends a paragraph before a line that begins with a comment.
    if (gap === '' && /\n\s*$/u.test(text.slice(0, at)))
      throw new Error(`${file}: the place for "${name}" begins a line; move a word before it`);
    return `<!-- results: ${name} -->${gap}${value}${gap}<!-- end -->`;
  });
  return format(filled, { ...(await resolveConfig(place)), filepath: place });
}
