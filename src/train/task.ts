import type { Image } from '../data/image/image.js';
import type { BatchOf, Recipe } from '../data/loader/batch-maker.js';
import type { NamedTensors } from '../engine/step.js';
import type { KerasNetwork } from '../models/keras-weights-layers.js';
import type { ModelWeights } from '../models/weights.js';
import type { LossParts } from '../ops/gradients.js';
import type { Random } from '../random.js';
import type { StoredTensors } from '../safetensors/tensor.js';

/**
 * What the trainer trains: a network, its batches, its loss, and its validation.
 *
 * The trainer makes a training step of it (gradients, clipping, optimizer, averages), compiles it and repeats it.
 */
export interface Task<R extends Recipe = Recipe> {
  /** Where its batches come from. */
  readonly recipe: R;
  /** The network's variables; the task disposes them. */
  readonly weights: ModelWeights;
  /** Absent if no part of the network is a published one. */
  readonly published?: PublishedPart;
  /**
   * Turns the weights of a narrower network of the task into weights of this one with the same outputs (Net2Net);
   * absent where that is not possible. Throws a `RangeError` with the reason if they are not of a narrower network.
   */
  readonly widen?: (narrow: StoredTensors) => StoredTensors;
  /** The parts of the loss, in the order in which they are shown; `loss` itself is their weighted sum. */
  readonly lossNames: readonly string[];
  /** What the score of {@link validate} measures, in the words that are printed: `box AP`, `mask score`. */
  readonly scoreName: string;
  /** Metrics of {@link validate} that are shown and compared, the score's own first. */
  readonly metricNames: readonly string[];

  /**
   * The tensors of a batch for {@link losses}, of the same shapes for every batch; the caller disposes them.
   *
   * @param random The step's own random stream, for what is drawn within the step (sampling, dropout).
   */
  inputs(batch: BatchOf<R>, random: Random): NamedTensors;

  /**
   * The loss of a batch in training mode, in operations that a compiled step can record; updates the running
   * statistics of normalization. Scalars: `loss`, and one for each of {@link lossNames}.
   */
  losses(inputs: NamedTensors): LossParts;

  /**
   * Scores weights on the validation split. Changes neither {@link weights} nor the memory in use.
   *
   * @param weights By the names of `weights.all`: averaged ones if the run averages; the caller disposes them.
   * @param onProgress Called with the number of images done, which may be a fraction, and in total; throws to stop.
   */
  validate(
    weights: NamedTensors,
    onProgress: (done: number, total: number) => void,
  ): Promise<ValidationResult>;

  dispose(): void;
}

/** A published network that a part of a task's network copies, layer by layer under the same names. */
export interface PublishedPart {
  readonly network: KerasNetwork;
  /** Adapts its weights to the input of this network. */
  readonly adapt: (values: StoredTensors) => StoredTensors;
}

/** The result of a validation. */
export interface ValidationResult {
  /** Decides which checkpoint is the best; higher is better. Equal to the first of {@link Task.metricNames}. */
  readonly score: number;
  /** Each of {@link Task.metricNames}, and more; never NaN, null where there is nothing to measure. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** A few images with predictions, for TensorBoard; always the same ones. */
  readonly pictures: readonly { readonly name: string; readonly image: Image }[];
  /** The score of each image. */
  readonly images: readonly ImageScore[];
  /** A few images with the lowest and the highest scores, for the run folder. */
  readonly examples: readonly DrawnExample[];
}

/** The score of one image. */
export interface ImageScore {
  readonly id: string;
  /** Its imaging modality, as a cluster of the split; absent where unknown. */
  readonly cluster?: string;
  /** Higher is better; null where there was nothing to find. */
  readonly score: number | null;
}

/** A drawing of an image with its truth and the prediction. */
export interface DrawnExample {
  readonly id: string;
  readonly kind: 'worst' | 'best';
  readonly score: number;
  /** Panels side by side: image, truth, prediction. */
  readonly image: Image;
}
