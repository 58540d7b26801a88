import type { Image } from '../data/image/image.js';
import type { BatchOf, Recipe } from '../data/loader/batch-maker.js';
import type { NamedTensors } from '../engine/step.js';
import type { KerasNetwork } from '../models/keras-weights-layers.js';
import type { ModelWeights } from '../models/weights.js';
import type { LossParts } from '../ops/gradients.js';
import type { Random } from '../random.js';
import type { StoredTensors } from '../safetensors/tensor.js';

/**
 * What the trainer trains: a network, what it learns from, its loss, and how well it does.
 *
 * The trainer makes the step of it (gradients, clipping, optimizer, averages), and compiles and repeats that.
 */
export interface Task<R extends Recipe = Recipe> {
  /** Where its batches come from. */
  readonly recipe: R;
  /** Of the network; the task disposes them. */
  readonly weights: ModelWeights;
  /** Absent where no part of the network is a published one. */
  readonly published?: PublishedPart;
  /**
   * The weights of a narrower network of the task, so that this one answers as that; absent where none can be widened.
   * Throws a `RangeError` that tells why if it is not one.
   */
  readonly widen?: (narrow: StoredTensors) => StoredTensors;
  /** The parts of the loss besides `loss`, their weighted sum; in the order in which they are shown. */
  readonly lossNames: readonly string[];
  /** Figures of {@link validate} that are shown and compared, the score first. */
  readonly metricNames: readonly string[];

  /**
   * The tensors that a batch gives to {@link losses}, of the same shapes for every batch; the caller disposes them.
   *
   * @param random The step's own stream, for what is drawn within the step (sampling, dropout).
   */
  inputs(batch: BatchOf<R>, random: Random): NamedTensors;

  /**
   * The loss of a batch in training mode, in operations that a compiled step can record; moves the normalisation's
   * statistics. Scalars: `loss`, and one for each of {@link lossNames}.
   */
  losses(inputs: NamedTensors): LossParts;

  /**
   * Scores weights on the validation split. Leaves {@link weights} and the memory as they were.
   *
   * @param weights By the names of `weights.all`: averaged ones where the run averages; the caller disposes them.
   * @param onProgress Told the images done, parts of one too, and the images in all; what it throws ends the work.
   */
  validate(
    weights: NamedTensors,
    onProgress: (done: number, total: number) => void,
  ): Promise<ValidationResult>;

  dispose(): void;
}

/** A published network that a part of a task's network is built like, layer by layer under the same names. */
export interface PublishedPart {
  readonly network: KerasNetwork;
  /** Its weights for what this network is shown. */
  readonly adapt: (values: StoredTensors) => StoredTensors;
}

/** How well weights do on the validation split. */
export interface ValidationResult {
  /** Decides which checkpoint is the best; higher is better. The first of {@link Task.metricNames}. */
  readonly score: number;
  /** Each of {@link Task.metricNames}, and more; NaN never, null where there is nothing to measure. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** A few images with predictions, for TensorBoard; always the same ones. */
  readonly pictures: readonly { readonly name: string; readonly image: Image }[];
  /** Each image that was scored, by itself. */
  readonly images: readonly ImageScore[];
  /** Images that did worst and best, for the run folder; a few. */
  readonly examples: readonly DrawnExample[];
}

/** How well an image did. */
export interface ImageScore {
  readonly id: string;
  /** Modality cluster; absent where unknown. */
  readonly cluster?: string;
  /** Higher is better; null where there was nothing to find. */
  readonly score: number | null;
}

/** An image with its truth and the prediction. */
export interface DrawnExample {
  readonly id: string;
  readonly kind: 'worst' | 'best';
  readonly score: number;
  /** Panels beside each other: plain, truth, prediction. */
  readonly image: Image;
}
