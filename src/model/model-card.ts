import type { PredictSettings } from '../config/predict.js';
import { describeTta } from '../predict/tta.js';
import type { NewModelFile } from './model-folder.js';

/**
 * The model card: what a user of a model should know, as Markdown.
 *
 * Source of the questions: Mitchell et al., Model Cards for Model Reporting, arXiv 1810.03993.
 */
export function modelCard(file: NewModelFile): string {
  const { name, created, precision, detector, segmenter, predict } = file;
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
    '(an encoder-decoder with VGG16) predicts the mask of the nucleus in each box. Made by `nucleate model pack`; use it',
    'with `nucleate predict --model`.',
    '',
    '## Training',
    '',
    ...stage('Detector', 'box AP', detector),
    ...stage('Segmenter', 'mask score', segmenter),
    `- Packed ${created}; weights are stored as ${precision}.`,
    ...ttaLines(predict),
    ...settingsLines(file),
    '',
    '## Training data',
    '',
    'Images of the 2018 Data Science Bowl (BBBC038, Broad Bioimage Benchmark Collection; CC0) with corrected masks:',
    'fluorescence, stained tissue and brightfield; most are fluorescence.',
    '',
    '## Limits',
    '',
    '- Nuclei smaller than 8 px or larger than 100 px in diameter are rare in the training data: resize such images.',
    '- Results are worse for stains, magnifications and microscopes that are not in the training data: check the overlays.',
    '- Not for diagnosis.',
    '',
    '## Licence',
    '',
    'Apache-2.0, like nucleate; the training images are CC0.',
    '',
  ].join('\n');
}

function ttaLines(predict: PredictSettings): string[] {
  const words = describeTta(predict);
  return words.length > 0 ? [`- Prediction with ${words.join(', ')}.`] : [];
}

function settingsLines({ tuned }: NewModelFile): string[] {
  if (!tuned) return ['- Assembly settings: defaults, not tuned.'];
  const { of, images, score, heldOut } = tuned;
  const how = of === undefined ? 'tuned' : `those of \`${of}\`, tuned`;
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
