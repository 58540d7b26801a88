import { tf } from '../tf.js';

/** The results of a training step: the loss, and other tensors to report. */
export type LossParts = { readonly loss: tf.Scalar } & Readonly<Record<string, tf.Tensor>>;

/**
 * The gradient of a loss by named variables, and everything else that the loss function returns.
 *
 * @param losses Called once. `loss` is differentiated; the other parts are returned unchanged.
 * @param options.lossScale The loss is multiplied by it and the gradients are divided by it, so that small ones do not
 *   vanish in float16 (Micikevicius et al., arXiv 1710.03740). A power of two is exact.
 * @returns Gradients by the variables' names, shaped like them; the caller disposes them and the parts.
 * @throws {RangeError} If the loss does not depend on one of the variables: an optimizer would mix up its slots, or that
 *   weight would silently stay untrained.
 */
export function lossGradients<Parts extends LossParts>(
  variables: Readonly<Record<string, tf.Variable>>,
  losses: () => Parts,
  { lossScale = 1 }: { lossScale?: number | tf.Scalar } = {},
): { parts: Parts; gradients: Record<string, tf.Tensor> } {
  let kept: Parts | undefined;
  const { value, grads } = tf.variableGrads(() => {
    kept = losses();
    // The tape frees all results but the loss.
    Object.values(kept).forEach((part) => tf.keep(part));
    return lossScale === 1 ? kept.loss.clone() : kept.loss.mul<tf.Scalar>(lossScale);
  }, Object.values(variables));
  value.dispose();
  const parts = Object.fromEntries(
    Object.entries(kept!).map(([name, part]) => {
      const copy = part.clone();
      part.dispose();
      return [name, copy];
    }),
  ) as Parts;
  const gradients = Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => {
      const gradient = grads[variable.name];
      if (!gradient) throw new RangeError(`Expected the loss to depend on \`${name}\``);
      if (lossScale === 1) return [name, gradient];
      const unscaled = gradient.div(lossScale);
      gradient.dispose();
      return [name, unscaled];
    }),
  );
  return { parts, gradients };
}

/**
 * Clips the global norm of the gradients: scales all by one factor so that it is at most `maxNorm`.
 *
 * @returns The scaled gradients and their norm before, a scalar; the caller disposes them.
 *
 * Source: Pascanu et al., arXiv 1211.5063; as `tf.clip_by_global_norm`.
 */
export function clipByGlobalNorm(
  gradients: Readonly<Record<string, tf.Tensor>>,
  maxNorm: number,
): { gradients: Record<string, tf.Tensor>; norm: tf.Scalar } {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
    const norm = tf.sqrt(tf.addN(squares)).asScalar();
    const factor = tf.div(maxNorm, tf.maximum(norm, maxNorm));
    const clipped = Object.entries(gradients).map(
      ([name, gradient]) => [name, gradient.mul(factor)] as const,
    );
    return { gradients: Object.fromEntries(clipped), norm };
  });
}
