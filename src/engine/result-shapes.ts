import type { Result } from './graph.js';
import type { NativeAttribute } from './native.js';

/** What is known about a tensor while a step is recorded. */
export interface KnownTensor extends Result {
  /** The values with commas between them, if they are constant and may be sizes or axes. */
  readonly sizes?: string;
}

type Attributes = Readonly<Record<string, unknown>>;
type Shape = readonly number[];

/** The shape of the only result by the inputs; undefined if it does not follow from what is known. */
type Rule = (tensors: readonly KnownTensor[], attributes: Attributes) => Shape | undefined;

const sizesOf = (tensor: KnownTensor | undefined): number[] | undefined =>
  tensor?.sizes === undefined ? undefined : tensor.sizes.split(',').map(Number);

const likeFirst: Rule = ([first]) => first!.shape;

const broadcast: Rule = ([one, other]) => {
  const [longer, shorter] =
    one!.shape.length >= other!.shape.length ? [one!.shape, other!.shape] : [other!.shape, one!.shape];
  const missing = longer.length - shorter.length;
  const sizes = longer.map((size, axis) => {
    const against = axis < missing ? 1 : shorter[axis - missing]!;
    return size === 1 ? against : against === 1 || against === size ? size : Number.NaN;
  });
  return sizes.some(Number.isNaN) ? undefined : sizes;
};

/** Height and width that a window of `covered` px with these strides gives in an NHWC image. */
function windowed([batch, ...sides]: Shape, covered: Shape, { strides, padding, ...others }: Attributes) {
  const layout = others['data_format'] ?? 'NHWC';
  if (layout !== 'NHWC' || 'dilations' in others || (padding !== 'SAME' && padding !== 'VALID'))
    return undefined;
  const [height, width] = [0, 1].map((axis) => {
    const places = padding === 'SAME' ? sides[axis]! : sides[axis]! - covered[axis]! + 1;
    return Math.ceil(places / (strides as number[])[axis + 1]!);
  });
  return [batch!, height!, width!];
}

const convolution: Rule = ([image, kernel], attributes) => {
  const places = windowed(image!.shape, kernel!.shape, attributes);
  return places && [...places, kernel!.shape[3]!];
};

const pooling: Rule = ([image], { ksize, ...attributes }) => {
  const places = windowed(image!.shape, (ksize as number[]).slice(1), attributes);
  return places && [...places, image!.shape[3]!];
};

const concatenation: Rule = (tensors) => {
  const joined = tensors.slice(0, -1).map(({ shape }) => shape);
  const axis = sizesOf(tensors.at(-1))?.[0];
  if (axis === undefined) return undefined;
  const at = axis < 0 ? axis + joined[0]!.length : axis;
  return joined[0]!.with(
    at,
    joined.reduce((sum, shape) => sum + shape[at]!, 0),
  );
};

const reshaping: Rule = ([values, wanted]) => {
  const sizes = wanted!.shape[0] === 0 ? [] : sizesOf(wanted);
  if (!sizes) return undefined;
  const product = (shape: Shape) => shape.reduce((product, size) => product * size, 1);
  const rest = product(values!.shape) / product(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? rest : size));
  const fits = shape.every(Number.isInteger) && product(shape) === product(values!.shape);
  return fits ? shape : undefined;
};

const resizing: Rule = ([images, sides]) => {
  const [batch, , , channels] = images!.shape;
  const sizes = sizesOf(sides);
  return sizes && [batch!, ...sizes, channels!];
};

const cropping: Rule = ([images, boxes, , sides]) => {
  const sizes = sizesOf(sides);
  return sizes && [boxes!.shape[0]!, ...sizes, images!.shape[3]!];
};

const sizedBy =
  (input: number): Rule =>
  (tensors) =>
    sizesOf(tensors[input]);

/** The operations that take most of the time of a recording if they are run, and whose result has the type of a factor. */
const rules: Readonly<Record<string, Rule>> = {
  Conv2D: convolution,
  Conv2DBackpropInput: sizedBy(0),
  Conv2DBackpropFilter: sizedBy(1),
  MaxPool: pooling,
  AvgPool: pooling,
  BiasAdd: likeFirst,
  Relu: likeFirst,
  Softmax: likeFirst,
  Add: broadcast,
  AddV2: broadcast,
  Sub: broadcast,
  Mul: broadcast,
  ConcatV2: concatenation,
  Reshape: reshaping,
  ResizeNearestNeighbor: resizing,
  CropAndResize: cropping,
};

/**
 * The result of an operation, computed from the shapes, since running it takes as long as in a step; undefined where no rule
 * tells it.
 *
 * Source: the shape functions of TensorFlow's operations; of windows
 * https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2.
 */
export function resultOf(
  op: string,
  attributes: readonly NativeAttribute[],
  tensors: readonly KnownTensor[],
): readonly [Result] | undefined {
  const given = Object.fromEntries(attributes.map(({ name, value }) => [name, value]));
  const shape = rules[op]?.(tensors, given);
  // The gradients of a convolution have the type of what flows back; their first inputs may be sizes.
  return shape && [{ shape, dtype: tensors[op.startsWith('Conv2DBackprop') ? 2 : 0]!.dtype }];
}
