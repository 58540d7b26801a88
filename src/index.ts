/**
 * nucleate as a library: everything that other programs may import. What is not exported here may change at any time.
 *
 * @packageDocumentation
 */
export {
  loadModel,
  type LoadModelOptions,
  type NucleusModel,
  type PredictedFiles,
  type PredictOptions,
} from './library/load-model.js';
export { evaluate, type EvaluateOptions, evaluateLabels, type LabelImagePair } from './library/evaluate.js';
export { importAnnotations, type ImportOptions } from './library/import-annotations.js';
export {
  finetuneModel as finetune,
  type FinetuneModelOptions as FinetuneOptions,
  continueFinetune,
  type FinetuneProgress,
} from './library/finetune-model.js';
export { readImage } from './data/image/image-io.js';
export { exitCodes, NucleateError, type Problem } from './errors.js';

export type { LabelImage } from './data/geometry/label-image.js';
export type { Rect } from './data/geometry/rect.js';
export type { Image } from './data/image/image.js';
export type { PlaneChoice } from './data/image/plane-choice.js';
export type { Pixels } from './data/image/stored-image.js';
export type { Provenance } from './data/read/provenance.js';
export type { DeviceChoice } from './engine/device.js';
export type { Evaluation } from './eval/summarise.js';
export type { FinetuneEnded, FinetuneEvent } from './finetune/finetune-events.js';
export type { SegmentSettings } from './model/segment-settings.js';
export type { Instance, Segmentation } from './predict/assemble/segmentation.js';
export type { OutputFormat } from './predict/formats/output-formats.js';
export type { EvalDocument } from './report/eval-schema.js';
