import { Convolution, NormConvolution, ScaledResidual } from '../models/layers.js';
import { UpsampledSum } from '../models/detector/pyramid.js';
import { tf } from '../tf.js';

type Features = tf.SymbolicTensor;
type Layer = tf.layers.Layer;

/** Applies layers to features; called again, the same layers to others. */
export type StockNetwork = (inputs: readonly Features[]) => Features[];

/**
 * Builds a model that computes the same as `model` in inference from layers of plain TensorFlow.js only: normalization by
 * moving statistics and scales are folded into kernels and biases.
 *
 * @param model Of the layers of this project and of stock ones without weights, each applied once. Not disposed; its
 *   weights are read when the layers are made, at the first call.
 */
export function stockNetwork(model: tf.LayersModel): StockNetwork {
  const made = new Map<string, Layer>();
  const layer = (name: string, make: () => Layer, weights: () => tf.Tensor[] = () => []) => ({
    apply: (x: Features | Features[]): Features => {
      const known = made.get(name);
      if (known) return known.apply(x) as Features;
      const fresh = make();
      made.set(name, fresh);
      const y = fresh.apply(x) as Features;
      const values = weights();
      if (values.length > 0) fresh.setWeights(values);
      tf.dispose(values);
      return y;
    },
  });
  const convolution = (
    { name, filters, kernelSize, stride, padding, activation }: Convolution['options'],
    weights: () => tf.Tensor[],
  ) => {
    const size = typeof kernelSize === 'number' ? kernelSize : ([...kernelSize] as [number, number]);
    const form = { name, filters, kernelSize: size, strides: stride, padding, activation } as const;
    // Zeros, because drawing random values would take time.
    return layer(name, () => tf.layers.conv2d({ ...form, kernelInitializer: 'zeros' }), weights);
  };
  const convert = (old: Layer, inputs: Features[]): Features => {
    const { name } = old;
    const [x, other] = inputs as [Features, Features];
    if (old instanceof Convolution) return convolution(old.options, () => copies(old)).apply(x);
    if (old instanceof NormConvolution) return convolution(old.options, () => old.folded()).apply(x);
    if (old instanceof ScaledResidual) {
      const { scale, activation } = old.options;
      const form = { kernelSize: 1, stride: 1, padding: 'same', activation: 'linear', seed: 0 } as const;
      const branch = convolution({ ...form, name, filters: x.shape[3]! }, () =>
        old.getWeights().map((weight) => tf.mul(weight, scale)),
      ).apply(other);
      const sum = layer(`${name}_sum`, () => tf.layers.add({ name: `${name}_sum` })).apply([x, branch]);
      if (activation === 'linear') return sum;
      const relu = `${name}_${activation}`;
      return layer(relu, () => tf.layers.activation({ name: relu, activation })).apply(sum);
    }
    if (old instanceof UpsampledSum) {
      const up = `${name}_up`;
      const doubled = layer(up, () => tf.layers.upSampling2d({ name: up, size: [2, 2] })).apply(other);
      return layer(name, () => tf.layers.add({ name })).apply([x, doubled]);
    }
    if (old.weights.length > 0)
      throw new RangeError(`Expected a layer without weights, received ${name}, a ${old.getClassName()}`);
    const stock = old.constructor as tf.serialization.SerializableConstructor<Layer>;
    return layer(name, () => new stock(old.getConfig())).apply(inputs.length === 1 ? x : inputs);
  };

  return (inputs) => {
    const values = new Map(model.inputs.map(({ id }, index) => [id, inputs[index]!]));
    // From the inputs to the outputs, as a model of tfjs lists its layers.
    for (const old of model.layers) {
      const [node] = old.inboundNodes;
      if (old.getClassName() === 'InputLayer' || !node) continue;
      const given = node.inputTensors.map(({ id }) => values.get(id)!);
      values.set(node.outputTensors[0]!.id, convert(old, given));
    }
    return model.outputs.map(({ id }) => values.get(id)!);
  };
}

const copies = (layer: Layer) => layer.getWeights().map((weight) => tf.clone(weight));
