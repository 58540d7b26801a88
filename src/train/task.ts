import type { Image } from '../data/image.js';
import type { BatchOf, Recipe } from '../data/loader/batch-maker.js';
import type { NamedTensors } from '../engine/step.js';
import type { ModelWeights } from '../models/weights.js';
import type { LossParts } from '../ops/gradients.js';
import type { Random } from '../random.js';

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
   * @param onProgress Told the images done and the images in all.
   */
  validate(
    weights: NamedTensors,
    onProgress: (done: number, total: number) => void,
  ): Promise<ValidationResult>;

  dispose(): void;
}

/** How well weights do on the validation split. */
export interface ValidationResult {
  /** Decides which checkpoint is the best; higher is better. The first of {@link Task.metricNames}. */
  readonly score: number;
  /** Each of {@link Task.metricNames}, and more; NaN never, null where there is nothing to measure. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** A few images with predictions, for TensorBoard; always the same ones. */
  readonly pictures: readonly { readonly name: string; readonly image: Image }[];
}
