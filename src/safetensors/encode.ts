import { arrays, bytesOf, type Dtype, faultOfName, type StoredTensors, sizeOf } from './tensor.js';

const order = Object.keys(arrays) as Dtype[];

/**
 * Encodes a safetensors file, byte for byte as Python's library writes it.
 *
 * @param metadata Text that is stored with the tensors; its keys are written in the given order.
 * @returns The file in pieces: the header, then the memory of each tensor itself, not a copy.
 * @throws {RangeError} If a name cannot be used or a shape does not fit its data.
 *
 * Source: the format's README (huggingface/safetensors), and the crate's order: larger element types first, so that
 * every tensor is aligned, then by name.
 */
export function encodeSafetensors(
  tensors: StoredTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const entries = Object.keys(metadata).length > 0 ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  const pieces: Uint8Array[] = [];
  let offset = 0;
  const sorted = [...tensors].sort(
    ([a, { dtype: first }], [b, { dtype: second }]) =>
      order.indexOf(first) - order.indexOf(second) || (a < b ? -1 : 1),
  );
  for (const [name, tensor] of sorted) {
    const { dtype, shape, data } = tensor;
    const fault = faultOfName(name);
    if (fault) throw new RangeError(`The tensor name ${JSON.stringify(name)} ${fault}`);
    if (sizeOf(shape) !== data.length) {
      throw new RangeError(
        `Expected \`${name}\` to have [${shape.join(', ')}] elements, received ${data.length}`,
      );
    }
    const end = offset + data.byteLength;
    // Joined by hand: in an object names that look like integers would come first.
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    pieces.push(bytesOf(tensor));
    offset = end;
  }
  return [header(`{${entries.join(',')}}`), ...pieces];
}

/** The length in 8 bytes, lowest first, and the JSON, padded with spaces so that the data is aligned to 8 bytes. */
function header(json: string): Uint8Array {
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
