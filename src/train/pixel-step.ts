import type { PixelBatch } from '../data/pixel-batch.js';
import { tf } from '../tf.js';

/** Mean binary cross-entropy over all pixels of the batch, in nats. */
function pixelLoss(model: tf.LayersModel, { count, size, images, targets }: PixelBatch): tf.Scalar {
  const logits = model.apply(tf.tensor4d(images, [count, size, size, 3])) as tf.Tensor4D;
  return tf.losses.sigmoidCrossEntropy(tf.tensor4d(targets, [count, size, size, 1]), logits);
}

/**
 * One optimizer step on the batch.
 *
 * @param optimizer Updates the model's weights and keeps its own slots; the caller disposes both.
 * @returns The loss before the step. No tensor stays behind but the optimizer's slots, made by its first step.
 */
export function pixelStep(model: tf.LayersModel, optimizer: tf.Optimizer, batch: PixelBatch): number {
  return tf.tidy(() => optimizer.minimize(() => pixelLoss(model, batch), true)!.dataSync()[0]!);
}

/** The loss on the batch, without a step. */
export function evaluatePixels(model: tf.LayersModel, batch: PixelBatch): number {
  return tf.tidy(() => pixelLoss(model, batch).dataSync()[0]!);
}
