/**
 * Reads pickles of NumPy arrays in lists and dictionaries, as Cellpose saves them, and nothing else. A pickle is a program:
 * here it may push plain values, and call four functions that are no functions but cases of this file. Every other opcode
 * and every other name is refused before anything happens.
 *
 * Sources: docs.python.org/3/library/pickletools.html (opcodes); numpy/_core/src/multiarray/methods.c, array_reduce (what an
 * array is pickled as). The code is ours.
 */
import type { NumpyArray } from './numpy.js';

/** Why a pickle is not read. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

/** What a pickle here can hold. Numbers beyond 2^53 lose digits, which no label has. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Buffer
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickledArray
  | PickledType
  | PickledName;

/** An array, empty until its state is known. */
export class PickledArray {
  array: NumpyArray | undefined;
  /** What an array of objects holds. */
  objects: readonly PickleValue[] = [];
}

/** A type of NumPy; its byte order comes later. */
export class PickledType {
  order = '|';
  constructor(readonly code: string) {}
}

/** One of the names that may be called. */
class PickledName {
  constructor(readonly name: keyof typeof names) {}
}

const names = {
  array: ['numpy.core.multiarray _reconstruct', 'numpy._core.multiarray _reconstruct'],
  buffer: ['numpy.core.numeric _frombuffer', 'numpy._core.numeric _frombuffer'],
  number: ['numpy.core.multiarray scalar', 'numpy._core.multiarray scalar'],
  type: ['numpy dtype'],
  ndarray: ['numpy ndarray'],
  encode: ['_codecs encode'],
} as const;

const knownNames = new Map(
  (Object.keys(names) as (keyof typeof names)[]).flatMap((name) =>
    names[name].map((path) => [path as string, name]),
  ),
);

/** Opcodes by their byte. */
const op = {
  mark: 0x28, // (
  stop: 0x2e, // .
  binInt: 0x4a, // J
  binInt1: 0x4b, // K
  binInt2: 0x4d, // M
  none: 0x4e, // N
  reduce: 0x52, // R
  binUnicode: 0x58, // X
  append: 0x61, // a
  build: 0x62, // b
  global: 0x63, // c
  appends: 0x65, // e
  binGet: 0x68, // h
  longBinGet: 0x6a, // j
  emptyList: 0x5d, // ]
  emptyDict: 0x7d, // }
  emptyTuple: 0x29, // )
  binPut: 0x71, // q
  longBinPut: 0x72, // r
  setItem: 0x73, // s
  tuple: 0x74, // t
  setItems: 0x75, // u
  binFloat: 0x47, // G
  binBytes: 0x42, // B
  shortBinBytes: 0x43, // C
  protocol: 0x80,
  tuple1: 0x85,
  tuple3: 0x87,
  true: 0x88,
  false: 0x89,
  long1: 0x8a,
  shortBinUnicode: 0x8c,
  binUnicode8: 0x8d,
  binBytes8: 0x8e,
  memoize: 0x94,
  stackGlobal: 0x93,
  frame: 0x95,
  byteArray8: 0x96,
} as const;

/**
 * The value of a pickle.
 *
 * @throws {PickleError} For an opcode or name beyond those of arrays, and for a damaged pickle.
 */
export function readPickle(bytes: Buffer): PickleValue {
  const stack: PickleValue[] = [];
  /** Heights of the stack. */
  const marks: number[] = [];
  const memo = new Map<number, PickleValue>();
  let at = 0;
  const take = (count: number): Buffer => {
    if (!(count >= 0) || at + count > bytes.length) throw new PickleError('The pickle is cut off.');
    at += count;
    return bytes.subarray(at - count, at);
  };
  const long = () => Number(take(8).readBigUInt64LE());
  const pop = (): PickleValue => {
    const value = stack.length > (marks.at(-1) ?? 0) ? stack.pop() : undefined;
    if (value === undefined) throw damaged();
    return value;
  };
  const top = (): PickleValue => {
    const value = pop();
    stack.push(value);
    return value;
  };
  const popToMark = () => {
    const mark = marks.pop();
    if (mark === undefined) throw damaged();
    return stack.splice(mark);
  };
  const line = () => {
    const end = bytes.indexOf(0x0a, at);
    if (end === -1 || end - at > longestName) throw damaged();
    const text = take(end - at).toString('utf8');
    at++;
    return text;
  };
  const setItems = (items: readonly PickleValue[]) => {
    const map = top();
    if (!(map instanceof Map) || items.length % 2 !== 0) throw damaged();
    for (let item = 0; item < items.length; item += 2) map.set(items[item]!, items[item + 1]!);
  };
  const appendAll = (items: readonly PickleValue[]) => {
    const list = top();
    if (!Array.isArray(list)) throw damaged();
    for (const item of items) list.push(item);
  };
  const get = (index: number) => {
    const value = memo.get(index);
    if (value === undefined) throw damaged();
    stack.push(value);
  };
  for (;;) {
    const opcode = take(1)[0]!;
    switch (opcode) {
      case op.protocol: take(1); break; // prettier-ignore
      case op.frame: take(8); break; // prettier-ignore
      case op.stop:
        return pop();
      case op.mark: marks.push(stack.length); break; // prettier-ignore
      case op.none: stack.push(null); break; // prettier-ignore
      case op.true: stack.push(true); break; // prettier-ignore
      case op.false: stack.push(false); break; // prettier-ignore
      case op.binInt: stack.push(take(4).readInt32LE()); break; // prettier-ignore
      case op.binInt1: stack.push(take(1)[0]!); break; // prettier-ignore
      case op.binInt2: stack.push(take(2).readUInt16LE()); break; // prettier-ignore
      case op.long1: stack.push(longOf(take(take(1)[0]!))); break; // prettier-ignore
      case op.binFloat: stack.push(take(8).readDoubleBE()); break; // prettier-ignore
      case op.shortBinUnicode: stack.push(take(take(1)[0]!).toString('utf8')); break; // prettier-ignore
      case op.binUnicode: stack.push(take(take(4).readUInt32LE()).toString('utf8')); break; // prettier-ignore
      case op.binUnicode8: stack.push(take(long()).toString('utf8')); break; // prettier-ignore
      case op.shortBinBytes: stack.push(take(take(1)[0]!)); break; // prettier-ignore
      case op.binBytes: stack.push(take(take(4).readUInt32LE())); break; // prettier-ignore
      case op.binBytes8:
      case op.byteArray8: stack.push(take(long())); break; // prettier-ignore
      case op.emptyList:
      case op.emptyTuple: stack.push([]); break; // prettier-ignore
      case op.emptyDict: stack.push(new Map()); break; // prettier-ignore
      case op.tuple: stack.push(popToMark()); break; // prettier-ignore
      case op.append: appendAll([pop()]); break; // prettier-ignore
      case op.appends: appendAll(popToMark()); break; // prettier-ignore
      case op.setItems: setItems(popToMark()); break; // prettier-ignore
      case op.binPut: memo.set(take(1)[0]!, top()); break; // prettier-ignore
      case op.longBinPut: memo.set(take(4).readUInt32LE(), top()); break; // prettier-ignore
      case op.memoize: memo.set(memo.size, top()); break; // prettier-ignore
      case op.binGet: get(take(1)[0]!); break; // prettier-ignore
      case op.longBinGet: get(take(4).readUInt32LE()); break; // prettier-ignore
      case op.global: stack.push(nameOf(line(), line())); break; // prettier-ignore
      case op.setItem: {
        const value = pop();
        setItems([pop(), value]);
        break;
      }
      case op.stackGlobal: {
        const name = pop();
        stack.push(nameOf(pop(), name));
        break;
      }
      case op.reduce: {
        const parameters = pop();
        stack.push(call(pop(), parameters));
        break;
      }
      case op.build:
        build(pop(), top());
        break;
      default:
        if (opcode < op.tuple1 || opcode > op.tuple3) {
          const shown = `0x${opcode.toString(16).padStart(2, '0')}`;
          throw new PickleError(
            `The pickle has the opcode ${shown}, which arrays do not need; it is not run.`,
          );
        }
        stack.push(Array.from({ length: opcode - op.tuple1 + 1 }, pop).reverse());
    }
  }
}

const damaged = () => new PickleError('The pickle is damaged.');

/** Names of Python are short. */
const longestName = 200;

function nameOf(module: PickleValue, name: PickleValue): PickledName {
  if (typeof module !== 'string' || typeof name !== 'string') throw damaged();
  const path = `${module} ${name}`;
  const known = knownNames.get(path);
  if (known !== undefined) return new PickledName(known);
  const shown = path.slice(0, longestName).replace(' ', '.');
  throw new PickleError(`The pickle names ${shown}, which is not part of an array; it is not run.`);
}

function longOf(bytes: Buffer): number {
  let value = 0;
  for (let index = bytes.length - 1; index >= 0; index--) value = value * 256 + bytes[index]!;
  return bytes.length > 0 && bytes.at(-1)! >= 128 ? value - 256 ** bytes.length : value;
}

function call(callee: PickleValue, parameters: PickleValue): PickleValue {
  if (!(callee instanceof PickledName) || !Array.isArray(parameters)) throw damaged();
  const [first, second, third, fourth] = parameters;
  switch (callee.name) {
    case 'array':
      return new PickledArray();
    case 'type':
      if (typeof first !== 'string') throw damaged();
      return new PickledType(first);
    case 'encode':
      if (typeof first !== 'string' || second !== 'latin1') throw damaged();
      return Buffer.from(first, 'latin1');
    case 'number':
      // Single numbers of NumPy are no labels; what they are does not matter.
      return null;
    case 'buffer': {
      const pickled = new PickledArray();
      pickled.array = arrayOf(third!, second!, fourth === 'F', first!);
      return pickled;
    }
    case 'ndarray':
      throw damaged();
  }
}

function build(state: PickleValue, value: PickleValue): void {
  if (!Array.isArray(state)) throw damaged();
  if (value instanceof PickledType && typeof state[1] === 'string') value.order = state[1];
  else if (value instanceof PickledArray) {
    const [, shape, type, isFortran, bytes] = state;
    value.array = arrayOf(shape!, type!, isFortran === true, bytes!);
    if (Array.isArray(bytes)) value.objects = bytes;
  } else throw damaged();
}

/** An array of objects has no bytes. */
function arrayOf(shape: PickleValue, type: PickleValue, isFortran: boolean, bytes: PickleValue): NumpyArray {
  const isShape =
    Array.isArray(shape) && shape.every((side) => Number.isInteger(side) && (side as number) >= 0);
  if (!isShape || !(type instanceof PickledType)) throw damaged();
  const data = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
  return { dtype: type.order + type.code, shape: shape as number[], isFortran, bytes: data };
}
