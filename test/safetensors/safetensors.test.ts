import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSafetensors, SafetensorsError } from '../../src/safetensors/decode.js';
import { encodeSafetensors } from '../../src/safetensors/encode.js';
import { arrays, type Dtype, type StoredTensor } from '../../src/safetensors/tensor.js';

const golden = readFileSync(new URL('fixtures/every-dtype.safetensors', import.meta.url));

/** What fixtures/make_safetensors.py puts into the file. */
const written = new Map<string, StoredTensor>([
  ['conv1/kernel', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) }],
  ['scale', { dtype: 'F32', shape: [], data: Float32Array.of(2.5) }],
  ['counts', { dtype: 'I64', shape: [2], data: BigInt64Array.of(1n, -2n) }],
  ['flags', { dtype: 'BOOL', shape: [1, 3], data: Uint8Array.of(1, 0, 1) }],
  ['none', { dtype: 'U8', shape: [0, 4], data: new Uint8Array(0) }],
  ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 128, 255) }],
  ['ids.0', { dtype: 'I32', shape: [3], data: Int32Array.of(7, -8, 2 ** 31 - 1) }],
  // float16: 1.5 = 0 01111 1000000000, -2 = 1 10000 0000000000.
  ['half', { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3e00, 0xc000) }],
  ['double', { dtype: 'F64', shape: [1], data: Float64Array.of(0.1) }],
]);

const byName = (tensors: ReadonlyMap<string, StoredTensor>) =>
  [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));

test('a file of the Python library is read', () => {
  const { tensors, metadata } = decodeSafetensors(golden);
  expect(byName(tensors)).toEqual(byName(written));
  expect([...metadata]).toEqual([['format', 'np']]);
});

test('a file is written byte for byte as by the Python library', () => {
  expect(Buffer.concat(encodeSafetensors(written, { format: 'np' })).equals(golden)).toBe(true);
});

test('tensors share the memory of the file, they are not copies', () => {
  const data = Float32Array.of(1, 2);
  const pieces = encodeSafetensors(new Map([['a', { dtype: 'F32', shape: [2], data }]]));
  data[1] = 3;
  expect(decodeSafetensors(Buffer.concat(pieces)).tensors.get('a')!.data).toEqual(Float32Array.of(1, 3));
});

test('a file may have no tensors', () => {
  expect(decodeSafetensors(Buffer.concat(encodeSafetensors(new Map()))).tensors.size).toBe(0);
});

const anyTensor = fc
  .tuple(
    fc.constantFrom(...(Object.keys(arrays) as Dtype[])),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    fc.uint8Array({ minLength: 512, maxLength: 512 }),
  )
  .map(([dtype, shape, bytes]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return { dtype, shape, data: new arrays[dtype](bytes.slice().buffer, 0, size) } as StoredTensor;
  });
const anyName = fc
  .stringMatching(/^[\w:-]{1,8}(\/[\w:-]{1,4})?$/u)
  .filter((name) => !name.includes('__proto__'));

test('what is written is read again, at any alignment in memory', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyName, anyTensor), { maxLength: 6 }),
      fc.integer({ min: 0, max: 8 }),
      (entries, offset) => {
        const tensors = new Map(entries);
        const file = Buffer.concat(encodeSafetensors(tensors));
        const moved = new Uint8Array(file.length + offset).subarray(offset);
        moved.set(file);
        const read = decodeSafetensors(moved).tensors;
        expect([...read.keys()].sort()).toEqual([...tensors.keys()].sort());
        for (const [name, { dtype, shape, data }] of tensors) {
          const other = read.get(name)!;
          expect([other.dtype, other.shape]).toEqual([dtype, shape]);
          const bytes = (array: typeof data) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
          expect(bytes(other.data).equals(bytes(data))).toBe(true);
        }
      },
    ),
    { numRuns: 100 },
  );
});

/** A file with this header, right or wrong, and `bytes` bytes of data. */
function fileOf(header: string | Uint8Array, bytes = 0, length?: bigint): Uint8Array {
  const text = Buffer.from(header);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([start, text, Buffer.alloc(bytes)]);
}
const entry = (dtype: unknown, shape: unknown, offsets: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });
const f32 = entry('F32', [1], [0, 4]);

test('the file that the errors below vary is accepted', () => {
  expect(decodeSafetensors(fileOf(`{"a":${f32}}`, 4)).tensors.size).toBe(1);
});

test.each<[string, Uint8Array, RegExp]>([
  ['an empty file', new Uint8Array(0), /0 bytes, fewer than 8/],
  ['a file of 7 bytes', new Uint8Array(7), /7 bytes/],
  ['a header beyond the file', fileOf('{}', 0, 3n), /header would have 3 bytes/],
  ['a header of 2^64 - 1 bytes', fileOf('{}', 0, 2n ** 64n - 1n), /header would have 18446744073709551615/],
  ['no JSON', fileOf('{"a":'), /not JSON/],
  ['no UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /not JSON/],
  ['a byte order mark', fileOf('\uFEFF{}'), /not JSON/],
  ['a header that begins with a space', fileOf(' {}'), /does not begin/],
  ['a list', fileOf('[]'), /does not begin/],
  ['a tensor that is no mapping', fileOf('{"a":[1]}'), /`a` is not a mapping/],
  ['a null', fileOf('{"a":null}'), /`a` is not a mapping/],
  ['metadata that is no mapping', fileOf('{"__metadata__":"x"}'), /`__metadata__` is not a mapping/],
  ['metadata that is no text', fileOf('{"__metadata__":{"x":1}}'), /`x` is not text/],
  ['trailing bytes', fileOf(`{"a":${f32}}`, 5), /tensors have 4 bytes; the file has 5/],
  ['a truncated tensor', fileOf(`{"a":${f32}}`, 3), /tensors have 4 bytes; the file has 3/],
  ['a repeated name', fileOf(`{"a":${f32},"a":${f32}}`, 4), /"a" twice/],
  ['a repeated name, escaped', fileOf(`{"a":${f32},"\\u0061":${f32}}`, 4), /"a" twice/],
  [
    'a repeated key',
    fileOf('{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
    /"dtype" twice/,
  ],
  [
    'an overlap',
    fileOf(`{"a":${f32},"b":${entry('F32', [1], [2, 6])}}`, 6),
    /`b` begins at byte 2, expected 4/,
  ],
  ['the same place twice', fileOf(`{"a":${f32},"b":${f32}}`, 4), /begins at byte 0, expected 4/],
  ['a gap', fileOf(`{"a":${f32},"b":${entry('F32', [1], [8, 12])}}`, 12), /expected 4/],
  [
    'an offset beyond the file',
    fileOf(`{"a":${entry('U8', [2 ** 40], [0, 2 ** 40])}}`, 4),
    /1099511627776 bytes/,
  ],
  [
    'offsets the wrong way round',
    fileOf(`{"a":${entry('F32', [1], [4, 0])}}`, 4),
    /needs 4 bytes and has -4/,
  ],
  ['a negative offset', fileOf(`{"a":${entry('F32', [1], [-4, 0])}}`, 4), /offsets \[-4,0\]/],
  ['a fractional offset', fileOf(`{"a":${entry('F32', [1], [0, 4.5])}}`, 4), /offsets/],
  ['three offsets', fileOf(`{"a":${entry('F32', [1], [0, 4, 8])}}`, 4), /offsets/],
  ['no offsets', fileOf('{"a":{"dtype":"F32","shape":[1]}}', 4), /offsets/],
  ['a negative shape', fileOf(`{"a":${entry('F32', [-1, -1], [0, 4])}}`, 4), /shape \[-1,-1\]/],
  [
    'a huge shape',
    fileOf(`{"a":${entry('F32', [2 ** 30, 2 ** 30], [0, 4])}}`, 4),
    /needs 4611686018427388000 bytes/,
  ],
  [
    'a shape whose size is infinite',
    fileOf(`{"a":${entry('F32', new Array(40).fill(2 ** 50), [0, 4])}}`, 4),
    /needs Infinity/,
  ],
  ['a shape of text', fileOf(`{"a":${entry('F32', ['1'], [0, 4])}}`, 4), /shape \["1"\]/],
  ['a shape that is a number', fileOf(`{"a":${entry('F32', 1, [0, 4])}}`, 4), /shape 1/],
  ['a dtype that does not fit', fileOf(`{"a":${entry('I64', [1], [0, 4])}}`, 4), /needs 8 bytes and has 4/],
  ['an unknown dtype', fileOf(`{"a":${entry('F7', [1], [0, 4])}}`, 4), /dtype "F7"/],
  [
    'a dtype of the prototype',
    fileOf(`{"a":${entry('constructor', [1], [0, 4])}}`, 4),
    /dtype "constructor"/,
  ],
  [
    'an unknown key',
    fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}', 1),
    /unknown key `x`/,
  ],
  ['the name __proto__', fileOf(`{"__proto__":${f32}}`, 4), /"__proto__" has a part/],
  ['the name a/__proto__', fileOf(`{"a/__proto__":${f32}}`, 4), /has a part/],
  ['the name ../x', fileOf(`{"../x":${f32}}`, 4), /has a part/],
  ['the name /x', fileOf(`{"/x":${f32}}`, 4), /has a part/],
  ['an empty name', fileOf(`{"":${f32}}`, 4), /is not made of/],
  ['a name with a NUL', fileOf(`{"a\\u0000":${f32}}`, 4), /is not made of/],
  ['a name of 513 characters', fileOf(`{"${'a'.repeat(513)}":${f32}}`, 4), /longer than 512/],
])('%s is refused', (_, file, reason) => {
  expect(() => decodeSafetensors(file)).toThrow(SafetensorsError);
  expect(() => decodeSafetensors(file)).toThrow(reason);
  // It ends the sentence of whoever reads the file.
  expect(() => decodeSafetensors(file)).toThrow(/[^.]$/u);
});

test('a header of more than 100 MB is an error, even if the file is that long', () => {
  expect(() => decodeSafetensors(fileOf(' '.repeat(100_000_001)))).toThrow(/header would have 100000001/);
});

test('with a flipped bit in the header the file has as many tensors or is a SafetensorsError', () => {
  const { tensors } = decodeSafetensors(golden);
  const headerBits = 8 * (8 + golden.readUInt32LE(0));
  let refused = 0;
  for (let bit = 0; bit < headerBits; bit++) {
    const flipped = Uint8Array.from(golden);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    try {
      expect(decodeSafetensors(flipped).tensors.size).toBe(tensors.size);
    } catch (error) {
      expect(error).toBeInstanceOf(SafetensorsError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(headerBits / 2);
});

test.each([
  ['a/../b', /has a part/],
  ['a b', /is not made of/],
])('the name %s is not written', (name, reason) => {
  const tensors = new Map([[name, { dtype: 'U8', shape: [0], data: new Uint8Array(0) } as const]]);
  expect(() => encodeSafetensors(tensors)).toThrow(reason);
});

test('a shape that does not fit its data is not written', () => {
  const tensors = new Map([['a', { dtype: 'U8', shape: [2, 2], data: new Uint8Array(3) } as const]]);
  expect(() => encodeSafetensors(tensors)).toThrow('Expected `a` to have [2, 2] elements, received 3');
});
