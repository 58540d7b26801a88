import { updateInPlace } from '../engine/in-place.js';
import { attr } from '../engine/native.js';
import { tf } from '../tf.js';

type Variables = Readonly<Record<string, tf.Variable>>;
type Gradients = Readonly<Record<string, tf.Tensor>>;

/** A rule that updates variables from their gradients, with its state. */
export interface Optimizer {
  /** By name, for the state of a compiled step and for checkpoints: with it a resumed training repeats every bit. */
  readonly state: Variables;
  /**
   * Updates every variable.
   *
   * @param gradients One per variable, by the same names; not disposed.
   * @param learningRate A scalar, so that a schedule can be an input of a compiled step.
   */
  apply(gradients: Gradients, learningRate: tf.Scalar): void;
  /** Frees the state. */
  dispose(): void;
}

export interface MomentumOptions {
  /** Fraction of the accumulated gradient that is kept, from 0 to 1. */
  readonly momentum: number;
  readonly nesterov: boolean;
}

/**
 * Gradient descent with momentum: a = momentum a + g; v = v - rate a. Native backend only.
 *
 * @param variables Stay the caller's.
 *
 * Source: Polyak 1964, in the form of TensorFlow's `ResourceApplyMomentum` and of PyTorch's `SGD`.
 */
export function createMomentum(variables: Variables, { momentum, nesterov }: MomentumOptions): Optimizer {
  const accumulated = slots(variables, 'momentum');
  const attributes = [attr.type('T', 'float32'), attr.bool('use_nesterov', nesterov)];
  return {
    state: withPrefix('momentum', accumulated),
    apply: (gradients, learningRate) =>
      tf.tidy(() => {
        const keep = tf.scalar(momentum);
        for (const [name, variable] of Object.entries(variables)) {
          const inputs = [learningRate, gradients[name]!, keep];
          const changed = [variable, accumulated[name]!];
          updateInPlace({ op: 'ResourceApplyMomentum', variables: changed, inputs, attributes });
        }
      }),
    dispose: () => tf.dispose(Object.values(accumulated)),
  };
}

export interface AdamOptions {
  /** Decay of the mean of the gradients, from 0 to 1. */
  readonly beta1: number;
  /** Decay of the mean of their squares, from 0 to 1. */
  readonly beta2: number;
  /** Added to the root of the mean square. */
  readonly epsilon: number;
}

/**
 * Adam. With {@link decayWeights} called before `apply` it is AdamW. Native backend only.
 *
 * @param variables Stay the caller's.
 *
 * Source: Kingma and Ba, arXiv 1412.6980, in the form before section 2.1 ("epsilon hat"), as in TensorFlow and
 * Keras; PyTorch adds epsilon after the bias correction.
 */
export function createAdam(variables: Variables, { beta1, beta2, epsilon }: AdamOptions): Optimizer {
  const means = slots(variables, 'adam-mean');
  const squares = slots(variables, 'adam-square');
  // Variables, because a product of float32 factors and a power differ in the last bit, and a resumed run must not.
  const powers = { beta1Power: scalarVariable(beta1), beta2Power: scalarVariable(beta2) };
  return {
    state: { ...withPrefix('adam-mean', means), ...withPrefix('adam-square', squares), ...powers },
    apply: (gradients, learningRate) =>
      tf.tidy(() => {
        const settings = [learningRate, ...[beta1, beta2, epsilon].map((value) => tf.scalar(value))];
        for (const [name, variable] of Object.entries(variables)) {
          updateInPlace({
            op: 'ResourceApplyAdam',
            variables: [variable, means[name]!, squares[name]!],
            inputs: [powers.beta1Power, powers.beta2Power, ...settings, gradients[name]!],
            attributes: [attr.type('T', 'float32')],
          });
        }
        powers.beta1Power.assign(powers.beta1Power.mul(beta1));
        powers.beta2Power.assign(powers.beta2Power.mul(beta2));
      }),
    dispose: () => tf.dispose([means, squares, powers].flatMap((variables) => Object.values(variables))),
  };
}

/**
 * Weight decay, decoupled from the gradient: v = v - rate decay v. Call it before the optimizer.
 *
 * @param decay Per step, multiplied by the learning rate.
 *
 * Source: Loshchilov and Hutter, arXiv 1711.05101, equation 12 with the learning rate as the schedule.
 */
export function decayWeights(
  variables: readonly tf.Variable[],
  learningRate: tf.Scalar,
  decay: number,
): void {
  tf.tidy(() => {
    const rate = learningRate.mul(decay);
    for (const variable of variables) moveBy(variable, rate, variable);
  });
}

/**
 * Exponential moving averages of variables: a = a - (1 - decay) (a - v). Call it after the optimizer.
 *
 * @param averages By the variables' names; at first copies of the variables.
 * @param decay Fraction of the average that each step keeps, from 0 to 1; a scalar can be an input of a compiled step.
 */
export function updateAverages(averages: Variables, variables: Variables, decay: number | tf.Scalar): void {
  tf.tidy(() => {
    const rate = tf.sub(1, decay);
    for (const [name, average] of Object.entries(averages))
      moveBy(average, rate, average.sub(variables[name]!));
  });
}

/** variable = variable - rate * direction. */
function moveBy(variable: tf.Variable, rate: tf.Tensor, direction: tf.Tensor): void {
  updateInPlace({
    op: 'ResourceApplyGradientDescent',
    variables: [variable],
    inputs: [rate, direction],
    attributes: [attr.type('T', 'float32')],
  });
}

const scalarVariable = (value: number) => tf.tidy(() => tf.variable(tf.scalar(value), false));

/** A variable of zeros for each variable. */
const slots = (variables: Variables, kind: string): Record<string, tf.Variable> =>
  Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [
      name,
      tf.tidy(() => tf.variable(tf.zerosLike(variable), false, `${variable.name}/${kind}-${nextSlot++}`)),
    ]),
  );

/** In tfjs the names of all variables of a process must differ. */
let nextSlot = 0;

const withPrefix = (prefix: string, variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`${prefix}/${name}`, variable]));
