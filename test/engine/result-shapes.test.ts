import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  attr,
  type Binding,
  dataTypes,
  nativeBackend,
  type NativeAttribute,
} from '../../src/engine/native.js';
import { type KnownTensor, resultOf } from '../../src/engine/result-shapes.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const floats = (shape: readonly number[]) => ({ shape, dtype: dataTypes.float32 });
const sizes = (...values: number[]) => ({
  ...{ shape: [values.length], dtype: dataTypes.int32, sizes: values.join() },
});

/** What TensorFlow makes of zeros. */
function computed(op: string, attributes: NativeAttribute[], tensors: readonly KnownTensor[]) {
  const { binding } = nativeBackend() as { binding: Binding };
  const ids = tensors.map(({ shape, dtype, sizes }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = dtype === dataTypes.int32 ? new Int32Array(count) : new Float32Array(count);
    if (sizes !== undefined && sizes !== '') values.set(sizes.split(',').map(Number));
    return binding.createTensor([...shape], dtype, values);
  });
  const results = binding.executeOp(op, attributes, ids, 1);
  for (const id of [...ids, ...results.map(({ id }) => id)]) binding.deleteTensor(id);
  return results.map(({ shape, dtype }) => ({ shape, dtype }));
}

function expectSame(op: string, attributes: NativeAttribute[], tensors: readonly KnownTensor[]): void {
  expect(resultOf(op, attributes, tensors)).toEqual(computed(op, attributes, tensors));
}

const T = attr.type('T', 'float32');
const side = fc.integer({ min: 1, max: 9 });
const image = fc.tuple(fc.integer({ min: 1, max: 3 }), side, side, side);

test('convolutions and pools: every padding and stride', () => {
  const window = fc.record({
    image: image.filter(([, height, width]) => height >= 3 && width >= 3),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padding: fc.constantFrom('SAME', 'VALID'),
    channels: side,
  });
  fc.assert(
    fc.property(window, ({ image, kernel, strides, padding, channels }) => {
      const attributes = [T, attr.ints('strides', [1, ...strides, 1]), attr.string('padding', padding)];
      expectSame('Conv2D', attributes, [floats(image), floats([...kernel, image[3], channels])]);
      const pool = [...attributes, attr.ints('ksize', [1, ...kernel, 1]), attr.string('data_format', 'NHWC')];
      expectSame('MaxPool', pool, [floats(image)]);
      expectSame('AvgPool', pool, [floats(image)]);
    }),
  );
});

test('sums, differences and products: broadcast as TensorFlow does', () => {
  const pair = fc
    .array(side, { maxLength: 4 })
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.integer({ min: 0, max: shape.length }),
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        fc.boolean(),
      ),
    )
    .map(([shape, cut, ones, swap]) => {
      const other = shape.slice(cut).map((size, axis) => (ones[axis] ? 1 : size));
      return swap ? [other, shape] : [shape, other];
    });
  fc.assert(
    fc.property(pair, ([one, other]) => {
      for (const op of ['Add', 'AddV2', 'Sub', 'Mul']) expectSame(op, [T], [floats(one!), floats(other!)]);
    }),
  );
});

test('shapes that do not fit each other are left to TensorFlow', () => {
  expect(resultOf('Add', [T], [floats([2, 3]), floats([4])])).toBeUndefined();
  expect(resultOf('Reshape', [T], [floats([2, 3]), sizes(4, -1)])).toBeUndefined();
  expect(resultOf('Reshape', [T], [floats([2, 3]), sizes(7)])).toBeUndefined();
  const otherLayout = [attr.string('data_format', 'NCHW'), attr.ints('ksize', [1, 1, 2, 2])];
  expect(resultOf('MaxPool', otherLayout, [floats([1, 2, 3, 4])])).toBeUndefined();
  // Sizes that are computed in the step.
  expect(resultOf('Reshape', [T], [floats([2, 3]), { shape: [2], dtype: dataTypes.int32 }])).toBeUndefined();
  expect(resultOf('Tile', [T], [floats([2, 3]), sizes(1, 1)])).toBeUndefined();
});

test('the others, one by one', () => {
  const values = floats([2, 4, 6, 3]);
  for (const op of ['Relu', 'Softmax']) expectSame(op, [T], [values]);
  expectSame('BiasAdd', [T, attr.string('data_format', 'NHWC')], [values, floats([3])]);
  for (const axis of [0, 3, -1]) {
    const other = axis === 0 ? floats([5, 4, 6, 3]) : floats([2, 4, 6, 7]);
    const axisOf = { shape: [], dtype: dataTypes.int32, sizes: String(axis) };
    const attributes = [T, attr.int('N', 3), attr.type('Tidx', 'int32')];
    expectSame('ConcatV2', attributes, [values, other, values, axisOf]);
  }
  const reshape = [T, attr.type('Tshape', 'int32')];
  for (const shape of [[48, 3], [-1, 6], [2, -1, 3], [144]])
    expectSame('Reshape', reshape, [values, sizes(...shape)]);
  expectSame('Reshape', reshape, [floats([1, 1]), { ...sizes(), sizes: '' }]);
  const resize = [T, attr.bool('align_corners', false), attr.bool('half_pixel_centers', true)];
  expectSame('ResizeNearestNeighbor', resize, [values, sizes(8, 5)]);
  const crop = [T, attr.string('method', 'bilinear'), attr.float('extrapolation_value', 0)];
  const boxIndices = { shape: [5], dtype: dataTypes.int32 };
  expectSame('CropAndResize', crop, [values, floats([5, 4]), boxIndices, sizes(3, 7)]);
  const window = [T, attr.ints('strides', [1, 1, 1, 1]), attr.string('padding', 'SAME')];
  expectSame('Conv2DBackpropInput', window, [sizes(2, 4, 6, 3), floats([3, 3, 3, 8]), floats([2, 4, 6, 8])]);
  expectSame('Conv2DBackpropFilter', window, [values, sizes(3, 3, 3, 8), floats([2, 4, 6, 8])]);
});
