import type { NamedTensors, NamedVariables } from '../engine/step.js';
import { tf } from '../tf.js';

/** The first scale, and the number of good steps after which it doubles; as in Keras's `LossScaleOptimizer`. */
const initialScale = 2 ** 15;
const growthSteps = 2000;

/** Beyond this, even gradients of 1e-7 would be large in float16. */
const largestScale = 2 ** 24;

/**
 * The factor of the loss that keeps gradients from vanishing or overflowing in float16. When a gradient overflows, the
 * step is skipped and the factor halved; after {@link growthSteps} good steps it is doubled.
 *
 * A skipped step leaves the weights unchanged; for the optimizer's averages it is a step with gradients of 0.
 *
 * Source: Micikevicius et al., arXiv 1710.03740, section 3.2.
 */
export interface LossScale {
  readonly value: tf.Variable<tf.Rank.R0>;
  /** By name, for the state of a compiled step and for checkpoints. */
  readonly state: NamedVariables;
  /**
   * If a gradient has overflowed, sets all gradients and the learning rate to 0; sets the scale for the next step.
   *
   * @param norm Global norm of the gradients; not finite if one of them is not.
   */
  guard<G extends NamedTensors>(
    gradients: G,
    norm: tf.Scalar,
    learningRate: tf.Scalar,
  ): { gradients: G; learningRate: tf.Scalar };
  dispose(): void;
}

export function createLossScale(): LossScale {
  const value = scalarVariable(initialScale);
  const goodSteps = scalarVariable(0);
  return {
    value,
    state: { lossScale: value, lossScaleGoodSteps: goodSteps },
    guard: <G extends NamedTensors>(gradients: G, norm: tf.Scalar, learningRate: tf.Scalar) => {
      const isGood = tf.less(norm, Infinity);
      const good = isGood.cast('float32').asScalar();
      const guarded = Object.entries(gradients).map(
        ([name, gradient]) => [name, tf.where(isGood, gradient, tf.zerosLike(gradient))] as const,
      );
      const next = goodSteps.add(1).mul(good);
      const grows = next.greaterEqual(growthSteps).cast('float32');
      // 1/2 after a bad step, 2 after many good ones, else 1.
      const factor = good.add(1).div(2).add(grows);
      value.assign(value.mul(factor).clipByValue(1, largestScale).asScalar());
      goodSteps.assign(next.mul(tf.sub(1, grows)).asScalar());
      return { gradients: Object.fromEntries(guarded) as G, learningRate: learningRate.mul<tf.Scalar>(good) };
    },
    dispose: () => tf.dispose([value, goodSteps]),
  };
}

const scalarVariable = (value: number): tf.Variable<tf.Rank.R0> =>
  tf.tidy(() => tf.variable<tf.Rank.R0>(tf.scalar(value), false));
