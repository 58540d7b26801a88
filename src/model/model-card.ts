import type { TrainedDataset, TrainingHistory } from '../config/history.js';
import type { PredictSettings } from '../config/predict.js';
import { trainedDiameter } from '../predict/diameter.js';
import { describeTta } from '../predict/tta.js';
import type { NewModelFile } from './model-folder.js';

/**
 * The model card: what a user of a model should know, as Markdown.
 *
 * Source of the questions: Mitchell et al., Model Cards for Model Reporting, arXiv 1810.03993.
 */
export function modelCard(file: NewModelFile): string {
  const { name, created, precision, detector, segmenter, others, predict } = file;
  const stage = (
    title: string,
    scoreName: string,
    { config, origin }: NewModelFile['detector'] | NewModelFile['segmenter'],
  ) => {
    const { data, seed } = config;
    const score =
      origin.score === null
        ? 'not validated'
        : `${scoreName} ${origin.score.toFixed(3)} on the validation images`;
    const unseen = data.trainOnAll
      ? 'was also trained on them, so this score is optimistic'
      : `fold ${data.validationFold}, not used for training`;
    return [
      `- **${title}**: run \`${origin.run}\`, step ${origin.step}, seed ${seed}; ${score} (${unseen}).`,
      `  Dataset and folds (SHA-256): \`${origin.dataset}\`; nucleate ${origin.versions['nucleate'] ?? 'unknown'}, commit \`${origin.commit ?? 'unknown'}\`.`,
    ];
  };
  return [
    `# ${name}`,
    '',
    'Finds cell nuclei in microscope images. A detector (Faster R-CNN with Inception-ResNetV2) finds boxes; a segmenter',
    '(an encoder-decoder with VGG16) predicts the mask of the nucleus in each box. Made by nucleate; use it',
    'with `nucleate predict --model`.',
    '',
    '## Training',
    '',
    ...stage('Detector', 'box AP', detector),
    ...stage('Segmenter', 'mask score', segmenter),
    ...(others?.detectors ?? []).flatMap((part) => stage('Further detector of the ensemble', 'box AP', part)),
    ...(others?.segmenters ?? []).flatMap((part) =>
      stage('Further segmenter of the ensemble', 'mask score', part),
    ),
    `- Made ${created}; weights are stored as ${precision}.`,
    ...ttaLines(predict),
    ...settingsLines(file),
    ...ceilingLines(file),
    '',
    '## Training data',
    '',
    ...dataLines(file),
    '',
    '## Limits',
    '',
    ...sizeLines(file),
    '- Results are worse for stains, magnifications and microscopes that are not in the training data: check the overlays.',
    '- Not for diagnosis.',
    '',
    '## Licence',
    '',
    'The software nucleate is Apache-2.0. Who trained the weights decides about them; the licences of the training data are',
    'named above.',
    '',
  ].join('\n');
}

function ceilingLines({ people }: NewModelFile): string[] {
  if (!people) return [];
  const { annotators, images, score, f1, iou } = people;
  const also = [
    ...(f1 === null ? [] : [`F1 ${f1.toFixed(3)}`]),
    ...(iou === null ? [] : [`mean IoU ${iou.toFixed(3)}`]),
  ];
  const values = [`challenge score **${score.toFixed(3)}**`, ...also].join(', ');
  return [
    `- The people agree among themselves (${annotators.join(', ')}; ${images} comparisons of an image by two of them): ${values}. No model can be asked for more.`,
  ];
}

/** What each network has learned from; once where that is the same for all. */
function dataLines({ detector, segmenter, others }: NewModelFile): string[] {
  const numbered = (stage: string, parts: readonly Pick<NewModelFile['detector'], 'origin'>[] = []) =>
    parts.map(({ origin }, index) => ({ name: `${stage} ${index + 2}`, origin }));
  const networks = [
    { name: 'the detector', origin: detector.origin },
    { name: 'the segmenter', origin: segmenter.origin },
    ...numbered('detector', others?.detectors),
    ...numbered('segmenter', others?.segmenters),
  ];
  const texts = networks.map(({ origin }) => historyText(origin.history).join('\n'));
  if (new Set(texts).size === 1) return [texts[0]!];
  return networks.flatMap(({ name }, index) => [
    ...(index > 0 ? [''] : []),
    `Of ${name}:`,
    '',
    texts[index]!,
  ]);
}

function historyText(history: TrainingHistory | undefined): string[] {
  if (!history) return ['It is not recorded which images trained it.'];
  const { datasets, ancestors } = history;
  let listed = JSON.stringify(datasets);
  return [
    ...datasets.map(datasetLine),
    ...ancestors.toReversed().flatMap(({ name, step, datasets: theirs }) => {
      const began = `- It began from \`${name}\`${step === null ? '' : `, step ${step}`}`;
      if (theirs === null) return [`${began}; which images trained that is not recorded.`];
      if (theirs.length === 0) return [`${began}, weights that others published.`];
      if (JSON.stringify(theirs) === listed) return [`${began}, trained on the same.`];
      listed = JSON.stringify(theirs);
      return [`${began}, trained on:`, ...theirs.map((dataset) => `  ${datasetLine(dataset)}`)];
    }),
  ];
}

function datasetLine({ name, sha256, images, nuclei, annotators, licence }: TrainedDataset): string {
  const who = annotators.length > 0 ? `; annotated by ${annotators.join(', ')}` : '';
  const counts = `${images.toLocaleString('en')} images, ${nuclei.toLocaleString('en')} nuclei`;
  return `- ${name}: ${counts}${who}; licence: ${licence ?? 'not recorded'}; SHA-256 \`${sha256}\`.`;
}

/** Sizes are of the network's input, which is zoomed. */
function sizeLines({ detector }: NewModelFile): string[] {
  const { sizes, config } = detector;
  const usual = Number(trainedDiameter(detector).toPrecision(3));
  if (!sizes)
    return [
      `- How large the nuclei were that trained it is not recorded; \`--diameter PX\` takes ${usual} px for it.`,
    ];
  const known = `- It knows nuclei of about ${usual} px in diameter; \`--diameter PX\` brings others to that size.`;
  const { zoom } = config.loader;
  const [low, high] = [sizes.low / zoom, sizes.high / zoom].map((size) => size.toFixed(0));
  return [
    known,
    `- Images whose median nucleus is smaller than ${low} px or larger than ${high} px across are rare in the training data.`,
  ];
}

function ttaLines(predict: PredictSettings): string[] {
  const words = describeTta(predict);
  return words.length > 0 ? [`- Prediction with ${words.join(', ')}.`] : [];
}

function settingsLines({ tuned }: NewModelFile): string[] {
  if (!tuned) return ['- Assembly settings: defaults, not tuned.'];
  const { of, images, score, heldOut, pairs } = tuned;
  const how = of === undefined ? 'tuned' : `those of \`${of}\`, tuned`;
  if (pairs) {
    return [
      `- Assembly settings: ${how} on ${images} images of ${pairs.length} datasets, each predicted by a model that was named for it; each dataset counts the same.`,
      ...pairs.map(
        (pair) =>
          `  - \`${pair.name}\`, ${pair.images} images: challenge score ${pair.before.toFixed(3)} before, ${pair.after.toFixed(3)} after.`,
      ),
    ];
  }
  const seen = `- Assembly settings: ${how} on ${images} validation images; challenge score ${score.toFixed(3)} on the same images`;
  if (!heldOut) return [`${seen} (optimistic).`];
  const clusters = Object.entries(heldOut.clusters).map(
    ([name, part]) => `${name} ${part.score.toFixed(3)} (${part.images})`,
  );
  return [
    `${seen}.`,
    `- Challenge score on held-out images (settings chosen on one half, scored on the other): **${heldOut.score.toFixed(3)}**;`,
    `  by cluster (number of images): ${clusters.join(', ')}.`,
  ];
}
