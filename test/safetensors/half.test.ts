import { expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../src/safetensors/half.js';
import type { StoredTensors } from '../../src/safetensors/tensor.js';

const tensors = (values: number[]): StoredTensors =>
  new Map([['w', { dtype: 'F32', shape: [values.length], data: Float32Array.from(values) }]]);

const there = (values: number[]) =>
  Array.from(fromHalf(toHalf(tensors(values))).get('w')!.data as Float32Array);

test('values that float16 can represent are exact: zeros, the smallest and the largest number', () => {
  const exact = [0, -0, 1, -2.5, 65504, 2 ** -24, 2 ** -14, 0.333251953125];
  expect(there(exact)).toEqual(exact);
});

test('other values are rounded to the nearest, ties to even, with a relative error of at most 2^-11', () => {
  expect(there([1 + 2 ** -11, 1 + 3 * 2 ** -11])).toEqual([1, 1 + 2 ** -9]);
  const values = Array.from({ length: 1000 }, (_, i) => Math.exp((i - 500) / 100));
  there(values).forEach((value, i) =>
    expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(values[i]! * 2 ** -11),
  );
});

test('half the bytes; integers stay', () => {
  const mixed: StoredTensors = new Map([
    ...tensors([1, 2]),
    ['step', { dtype: 'I32', shape: [], data: Int32Array.of(7) }],
  ]);
  const halved = toHalf(mixed);
  expect(halved.get('w')!.data.byteLength).toBe(4);
  expect(halved.get('step')).toBe(mixed.get('step'));
  expect(fromHalf(halved).get('step')!.data).toEqual(Int32Array.of(7));
});

test.each([65520, -1e6, Infinity, NaN])('%s is refused, by name', (value) => {
  expect(() => toHalf(tensors([1, value]))).toThrow(`The tensor w has the value ${value};`);
});
