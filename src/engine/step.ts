import type { tf } from '../tf.js';

/** Whether steps run as one recorded graph, or operation by operation. */
export type Mode = 'compiled' | 'eager';

export type NamedTensors = Readonly<Record<string, tf.Tensor>>;
export type NamedVariables = Readonly<Record<string, tf.Variable>>;

/**
 * One step of training or prediction: a plain tfjs function of named tensors that may assign to variables.
 *
 * It disposes neither its inputs nor its outputs.
 */
export type Step<Inputs extends NamedTensors, Outputs extends NamedTensors> = (inputs: Inputs) => Outputs;

/** A step that can run many times, compiled or eagerly, with the same results. */
export interface RunnableStep<Inputs extends NamedTensors, Outputs extends NamedTensors> {
  readonly mode: Mode;

  /**
   * Runs the step once. The state changes as the step changes its variables.
   *
   * @param inputs Shaped as the examples were; not disposed.
   * @returns The outputs; the caller disposes them.
   * @throws {RangeError} If an input is missing or of another shape or type.
   * @throws {NucleateError} Exit 4 if the device runs out of memory.
   */
  run(inputs: Inputs): Outputs;

  /**
   * The same while JavaScript goes on, where the device can. Several may run at once if the step does not change its state.
   *
   * @param inputs May be disposed before the run ends.
   */
  runAsync(inputs: Inputs): Promise<Outputs>;

  /** Copies of the state's current values, exact to the bit; the caller disposes them. */
  readState(): Record<string, tf.Tensor>;

  /**
   * Gives the named variables new values, exact to the bit; disposes nothing.
   *
   * @throws {RangeError} If a name is unknown or a shape or type differs; then nothing has changed.
   */
  writeState(values: NamedTensors): void;

  /** Frees all that the step holds besides tfjs's variables. */
  dispose(): void;
}

/**
 * @param options.otherSizes Like `like`; the axes in which it differs may have any size.
 * @throws {RangeError} Unless `tensors` has every name of `like`, each with the same shape and type; with `partly`
 *   names may be missing, but none may be unknown.
 */
export function requireLike(
  kind: 'input' | 'state',
  tensors: NamedTensors,
  like: NamedTensors,
  { partly, otherSizes = like }: { partly: boolean; otherSizes?: NamedTensors | undefined },
): void {
  const unknown = Object.keys(tensors).find((name) => !(name in like));
  if (unknown !== undefined) throw new RangeError(`Expected no ${kind} named \`${unknown}\``);
  for (const [name, { shape, dtype }] of Object.entries(like)) {
    const tensor = tensors[name];
    if (!tensor && partly) continue;
    const sizes = shape.map((size, axis) => (otherSizes[name]!.shape[axis] === size ? size : 'any'));
    const isLike =
      tensor?.dtype === dtype &&
      tensor.shape.length === sizes.length &&
      sizes.every((size, axis) => size === 'any' || size === tensor.shape[axis]);
    if (isLike) continue;
    const received = tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : 'nothing';
    throw new RangeError(
      `Expected ${kind} \`${name}\` to be ${dtype} [${sizes.join(', ')}], received ${received}`,
    );
  }
}
