import { findNativeBackend, type NativeAttribute, type NativeBackend } from '../engine/native.js';
import { tf } from '../tf.js';

/** Runs an operation of TensorFlow's library by its name. It has no gradient. */
export function runNative(
  op: string,
  attributes: readonly NativeAttribute[],
  inputs: readonly tf.TensorInfo[],
  outputs = 1,
): tf.Tensor[] {
  return (tf.backend() as unknown as NativeBackend).executeMultipleOutputs(op, attributes, inputs, outputs);
}

export interface NativeOperation<Inputs extends string, Attributes extends object> {
  /** The name under which tfjs knows it. */
  readonly name: string;
  readonly forward: (inputs: Record<Inputs, tf.TensorInfo>, attributes: Attributes) => tf.TensorInfo[];
  /** The tensors that {@link gradient} gets. */
  readonly save: { readonly inputs: readonly Inputs[]; readonly outputs: readonly boolean[] };
  /**
   * @param gradients One per output.
   * @param saved The saved inputs, then the saved outputs.
   * @returns The gradient by each input that has one.
   */
  readonly gradient: (
    gradients: tf.Tensor[],
    saved: tf.Tensor[],
    attributes: Attributes,
  ) => Partial<Record<Inputs, () => tf.Tensor>>;
}

/** Registers an operation of TensorFlow's library with tfjs, with a gradient. */
export function defineNative<Inputs extends string, Attributes extends object>({
  name,
  forward,
  save,
  gradient,
}: NativeOperation<Inputs, Attributes>): (
  inputs: Record<Inputs, tf.Tensor>,
  attributes: Attributes,
) => tf.Tensor[] {
  tf.registerKernel({
    kernelName: name,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) =>
      forward(inputs as Record<Inputs, tf.TensorInfo>, attrs as unknown as Attributes),
  });
  tf.registerGradient({
    kernelName: name,
    inputsToSave: [...save.inputs],
    outputsToSave: [...save.outputs],
    gradFunc: (gradients, saved, attrs) =>
      gradient(
        Array.isArray(gradients) ? gradients : [gradients],
        saved,
        attrs as unknown as Attributes,
      ) as Record<string, () => tf.Tensor>,
  });
  return (inputs, attributes) =>
    tf.engine().runKernel<tf.Tensor[]>(name, inputs, attributes as unknown as tf.NamedAttrMap);
}

/** Whether operations of TensorFlow's library can run here; otherwise those of tfjs are used. */
export const hasNative = (): boolean => findNativeBackend() !== undefined;
