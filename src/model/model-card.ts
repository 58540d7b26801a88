import type { PredictSettings } from '../config/predict.js';
import { describeTta } from '../predict/tta.js';
import type { NewModelFile } from './model-folder.js';

/**
 * What a user of a model should know, as Markdown.
 *
 * Source of the questions: Mitchell et al., Model Cards for Model Reporting, arXiv 1810.03993.
 */
export function modelCard(file: NewModelFile): string {
  const { name, created, precision, detector, segmenter, predict } = file;
  const stage = (title: string, { config, origin }: NewModelFile['detector'] | NewModelFile['segmenter']) => {
    const { data, seed } = config;
    const score = origin.score === null ? 'not validated' : `validation score ${origin.score.toFixed(3)}`;
    const unseen = data.trainOnAll
      ? 'trained on all folds, so that score is of seen images'
      : `fold ${data.validationFold} not trained on`;
    return [
      `- **${title}**: run \`${origin.run}\`, step ${origin.step}, seed ${seed}; ${score} (${unseen}).`,
      `  Dataset and folds (SHA-256): \`${origin.dataset}\`; nucleate ${origin.versions['nucleate'] ?? 'unknown'}, commit \`${origin.commit ?? 'unknown'}\`.`,
    ];
  };
  return [
    `# ${name}`,
    '',
    'Finds cell nuclei in microscope images: a Faster R-CNN upon Inception-ResNetV2 finds boxes, a mask network upon',
    'VGG16 cuts the nucleus out of each box. Made by `nucleate model pack`; use it with `nucleate predict --model`.',
    '',
    '## Where it comes from',
    '',
    ...stage('Detector', detector),
    ...stage('Segmenter', segmenter),
    `- Packed ${created}; weights stored as ${precision}.`,
    ...looksLines(predict),
    ...settingsLines(file),
    '',
    '## Trained on',
    '',
    'Images of the 2018 Data Science Bowl (BBBC038, Broad Bioimage Benchmark Collection; CC0), with corrected masks:',
    'fluorescence, stained tissue and brightfield, most of them fluorescence.',
    '',
    '## Limits',
    '',
    '- Nuclei much smaller than 8 px or larger than 100 px in diameter are rare in the training set: resize such images.',
    '- Stains, magnifications and microscopes that it has not seen give worse results; look at the overlays first.',
    '- Not for diagnosis.',
    '',
    '## Licence',
    '',
    'That of nucleate (Apache-2.0); the images that it has learnt from are CC0.',
    '',
  ].join('\n');
}

function looksLines(predict: PredictSettings): string[] {
  const looks = describeTta(predict);
  return looks.length > 0 ? [`- Test-time augmentation: ${looks.join(', ')}.`] : [];
}

function settingsLines({ tuned }: NewModelFile): string[] {
  if (!tuned) return ['- Settings: defaults, not tuned.'];
  const { of, images, score, heldOut } = tuned;
  const how = of === undefined ? 'tuned' : `those of \`${of}\`, which was tuned`;
  const seen = `- Settings: ${how} on ${images} validation images; score ${score.toFixed(3)} on the same images`;
  if (!heldOut) return [`${seen}, which is too good.`];
  const clusters = Object.entries(heldOut.clusters).map(
    ([name, part]) => `${name} ${part.score.toFixed(3)} (${part.images})`,
  );
  return [
    `${seen}.`,
    `- Score, settings chosen on one half of them and scored on the other: **${heldOut.score.toFixed(3)}**;`,
    `  by cluster (images): ${clusters.join(', ')}.`,
  ];
}
