import { repeatedKey } from './repeated-key.js';
import { arrays, type Dtype, faultOfName, type StoredTensors, sizeOf, type StoredTensor } from './tensor.js';

/** As in the Rust crate, so that a header cannot exhaust the memory. */
const maxHeaderBytes = 100_000_000;

export interface DecodedFile {
  readonly tensors: StoredTensors;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Why a file cannot be read as safetensors; the message names the tensor and has no period: it ends other sentences. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

/**
 * Reads a safetensors file. Everything is checked before any tensor is made.
 *
 * @param file All of it.
 * @returns Tensors that share the memory of `file` where their alignment allows it, else copies.
 * @throws {SafetensorsError} If the header is not valid, or the tensors do not fill the rest of the file exactly.
 */
export function decodeSafetensors(file: Uint8Array): DecodedFile {
  const { header, start } = readHeader(file);
  const metadata = new Map<string, string>();
  const places: Place[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(mapping(entry, name))) {
        if (typeof value !== 'string') throw new SafetensorsError(`The metadata \`${key}\` is not text`);
        metadata.set(key, value);
      }
    } else places.push(readPlace(name, entry));
  }
  checkOffsets(places, file.length - start);
  const tensors = new Map(places.map((place) => [place.name, view(file, start, place)]));
  return { tensors, metadata };
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (file.length < 8) throw new SafetensorsError(`The file has ${file.length} bytes, fewer than 8`);
  const length = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  if (length > maxHeaderBytes || length > file.length - 8)
    throw new SafetensorsError(`The header would have ${length} bytes; the file has ${file.length}`);
  const start = 8 + Number(length);
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.subarray(8, start));
    header = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError('The header is not JSON', { cause });
  }
  if (!text.startsWith('{')) throw new SafetensorsError('The header does not begin with `{`');
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw new SafetensorsError(`The header has the key ${JSON.stringify(repeated)} twice`);
  return { header: mapping(header, 'the header'), start };
}

interface Place {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Bytes after the header. */
  readonly begin: number;
  readonly end: number;
}

function readPlace(name: string, entry: unknown): Place {
  const fault = faultOfName(name);
  if (fault) throw new SafetensorsError(`The tensor name ${JSON.stringify(name.slice(0, 80))} ${fault}`);
  const { dtype, shape, data_offsets: offsets, ...rest } = mapping(entry, name);
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new SafetensorsError(`\`${name}\` has the unknown key \`${unknown}\``);
  if (typeof dtype !== 'string' || !Object.hasOwn(arrays, dtype))
    throw new SafetensorsError(`\`${name}\` has the unknown dtype ${JSON.stringify(dtype)}`);
  if (!isCounts(shape)) throw new SafetensorsError(`\`${name}\` has the shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw new SafetensorsError(`\`${name}\` has the offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const bytes = sizeOf(shape) * arrays[dtype as Dtype].BYTES_PER_ELEMENT;
  // Also rejects a product beyond 2^53: `end - begin` cannot be that large.
  if (bytes !== end - begin)
    throw new SafetensorsError(`\`${name}\` needs ${bytes} bytes and has ${end - begin}`);
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

/** Tensors follow each other without gaps or overlaps, up to the end of the file. */
function checkOffsets(places: readonly Place[], available: number): void {
  let next = 0;
  for (const { name, begin, end } of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== next) throw new SafetensorsError(`\`${name}\` begins at byte ${begin}, expected ${next}`);
    next = end;
  }
  if (next !== available)
    throw new SafetensorsError(`The tensors have ${next} bytes; the file has ${available} for them`);
}

function view(file: Uint8Array, start: number, { dtype, shape, begin, end }: Place): StoredTensor {
  const Data = arrays[dtype];
  const size = Data.BYTES_PER_ELEMENT;
  const bytes = file.subarray(start + begin, start + end);
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  const data = new Data(aligned.buffer as ArrayBuffer, aligned.byteOffset, sizeOf(shape));
  return { dtype, shape, data } as StoredTensor;
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);

function mapping(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SafetensorsError(`\`${name}\` is not a mapping`);
  return value as Record<string, unknown>;
}
