/** `import { openModel } from 'nucleate'`: models, fine-tuning and scores for other programs, run by tsx or a bundler. */
export type { LabelImage } from './data/geometry/label-image.js';

export { startRuntime, type Runtime } from './engine/runtime.js';
export { readImage } from './data/image/image-io.js';
export type { Image } from './data/image/image.js';
export { finetune, resumeFinetune } from './finetune/finetune.js';
export type { FinetuneDataset } from './finetune/finetune-data.js';
export type { FinetuneEnded, FinetuneEvent } from './finetune/finetune-events.js';
export type { FinetuneOptions, NewFinetuneOptions } from './finetune/finetune-options.js';
export { openModel, type Model } from './model/model.js';
export type { SegmentSettings } from './model/segment-settings.js';
export type { Instance, Segmentation } from './predict/assemble/segmentation.js';
export { boxReport, type BoxImage, type BoxReport } from './eval/box-report.js';
export { compareImages, type Comparison } from './eval/compare.js';
export { evaluateImage, type ImageEvaluation } from './eval/evaluate-image.js';
export { scoreSources, type Scored } from './eval/score-sources.js';
export { openPrediction, openTruth } from './eval/sources/open.js';
export { summarise, type Evaluation } from './eval/summarise.js';
export { randomFor } from './random.js';
