import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readNpy, valuesOfArray } from '../../../../src/data/read/annotations/numpy.js';
import { PickleError, readPickle } from '../../../../src/data/read/annotations/pickle.js';
import { paintMasks } from '../../../../src/data/geometry/mask.js';
import { type LabelReading, labelsOfValues } from '../../../../src/data/image/label-values.js';
import { dataErrorOf } from '../../expect-error.js';
import { fixture, fixtures, readObjects, size } from './read.js';

test.each(['x_seg.npy', 'fortran.npy', 'int64.npy', 'labels.npz'])(
  '%s is read to the pixel',
  async (name) => {
    const { format, read } = await readObjects(fixtures + name);
    expect(format).toBe('arrays');
    const [image] = read.keys();
    expect(image).toBe(name === 'x_seg.npy' ? 'x' : name.replace(/\..*/u, ''));
    const { objects } = read.get(image!)!;
    const masks = objects.map((object) => ({ name: object.name, runs: object.pixels(size) }));
    expect([...paintMasks(masks, size).labels]).toEqual(
      fixture<{ labels: number[][] }>('labels.json').labels.flat(),
    );
  },
);

const npy = (dtype: string, shape: number[], data: Buffer) => {
  const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), data]);
};
const labels = (dtype: string, shape: number[], data: Buffer, reading?: LabelReading) =>
  Promise.resolve().then(() =>
    labelsOfValues(valuesOfArray(readNpy(npy(dtype, shape, data), 'x.npy'), 'x.npy'), 'x.npy', reading),
  );

test('whole floats are labels, and leading sides of one do not matter', async () => {
  const data = Buffer.from(Float32Array.of(0, 1, 2, 2).buffer);
  expect(await labels('<f4', [1, 2, 2], data)).toEqual({
    width: 2,
    height: 2,
    labels: Uint16Array.of(0, 1, 2, 2),
  });
});

describe('arrays are judged as label images are', () => {
  const side = 40;
  /** Four squares of 8 px, with numbers from `valueOf`. */
  const squares = (valueOf: (square: number) => number) =>
    Buffer.from(
      Uint8Array.from({ length: side * side }, (_, at) => {
        const [x, y] = [at % side, Math.floor(at / side)];
        const isInside = x % 20 < 8 && y % 20 < 8;
        return isInside ? valueOf(1 + Math.floor(x / 20) + 2 * Math.floor(y / 20)) : 0;
      }),
    );

  test('truth values and one value in pieces are foreground, unless pieces are nuclei', async () => {
    for (const [dtype, value] of [['|b1', 1] as const, ['|u1', 1] as const, ['|u1', 255] as const]) {
      const data = squares(() => value);
      expect((await dataErrorOf(labels(dtype, [side, side], data))).what).toMatch(
        /in 4 pieces: this is a foreground/u,
      );
      const { labels: read } = await labels(dtype, [side, side], data, { labelImages: 'pieces' });
      expect(new Set(read).size).toBe(5);
    }
  });

  test('an image is no array of labels', async () => {
    const noise = Buffer.from(Uint8Array.from({ length: side * side }, (_, at) => 20 + ((at * 7919) % 41)));
    expect((await dataErrorOf(labels('|u1', [side, side], noise))).what).toMatch(/this is an image/u);
    expect((await dataErrorOf(labels('|u1', [side, side / 4, 3], noise))).what).toMatch(
      /colours change|are colours/u,
    );
  });

  test('-1 is the background if the user says so', async () => {
    const data = Buffer.from(
      Int8Array.from(
        squares((square) => square),
        (value) => value - 1,
      ).buffer,
    );
    const read = await labels('|i1', [side, side], data, { background: -1 });
    expect([...read.labels]).toEqual([...squares((square) => (square === 1 ? 4 : square - 1))]);
  });
});

test.each<[string, string, number[], Buffer, string]>([
  [
    'fractions',
    '<f4',
    [1, 1],
    Buffer.from(Float32Array.of(0.5).buffer),
    'The values are not whole numbers, such as 0.5: a label image that was smoothed, a probability map or an image.',
  ],
  [
    '-1',
    '<i2',
    [1, 1],
    Buffer.from([255, 255]),
    'The label image has negative values (-1 and up, in 100 % of its pixels).',
  ],
  [
    'three dimensions',
    '<u2',
    [2, 2, 2],
    Buffer.alloc(16),
    'The labels have the shape (2, 2, 2), not (height, width).',
  ],
  [
    'a huge shape',
    '<u2',
    [1e9, 1e9],
    Buffer.alloc(16),
    'The array has 16 bytes, which is too few for its shape.',
  ],
  ['no numbers', '<c8', [1, 1], Buffer.alloc(8), 'The array has the type <c8, not whole numbers.'],
])('%s are an error', async (_, dtype, shape, data, what) => {
  expect(await dataErrorOf(labels(dtype, shape, data))).toMatchObject({ what, where: 'x.npy' });
});

describe('a pickle', () => {
  const refused = (pickle: string | Buffer) => {
    try {
      readPickle(Buffer.from(pickle as string, 'latin1'));
    } catch (error) {
      if (error instanceof PickleError) return error.message;
      throw error;
    }
    return undefined;
  };

  test.each([
    [
      'a program',
      "cposix\nsystem\n(S'true'\ntR.",
      'The pickle names posix.system, which is not part of an array; it is not run.',
    ],
    [
      'one by its stack',
      '\x80\x04\x8c\x08builtins\x8c\x04eval\x93.',
      'The pickle names builtins.eval, which is not part of an array; it is not run.',
    ],
    [
      'an object of a class',
      '(ios\nsystem\n.',
      'The pickle has the opcode 0x69, which arrays do not need; it is not run.',
    ],
    [
      'a new object',
      '\x80\x02)\x81.',
      'The pickle has the opcode 0x81, which arrays do not need; it is not run.',
    ],
    [
      'an extension',
      '\x80\x02\x82\x01.',
      'The pickle has the opcode 0x82, which arrays do not need; it is not run.',
    ],
    [
      'a stored name',
      '\x80\x04Vx\n.',
      'The pickle has the opcode 0x56, which arrays do not need; it is not run.',
    ],
    ['a call of a value', '\x80\x02K\x01K\x02\x85R.', 'The pickle is damaged.'],
    ['a call of a class of arrays', '\x80\x02cnumpy\nndarray\n)R.', 'The pickle is damaged.'],
    ['a huge text', '\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.', 'The pickle is cut off.'],
    ['nothing', '', 'The pickle is cut off.'],
  ])('with %s is refused, and nothing is run', (_, pickle, what) => {
    expect(refused(pickle)).toBe(what);
  });

  test('cut off anywhere, or with any byte changed, is refused or read, and never anything else', () => {
    const bytes = readFileSync(`${fixtures}x_seg.npy`).subarray(128);
    for (let end = 0; end < bytes.length; end += 7) expect(refused(bytes.subarray(0, end))).toBeDefined();
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x55;
      refused(changed);
    }
  });
});
