/** The wire format of protocol buffers, as far as TensorFlow's graph files need it (protobuf.dev, "Encoding"). */

/** A message or a part of one: fields in a row, as pieces of which large ones are not copied. */
export type Fields = readonly Uint8Array[];

const wireTypes = { varint: 0, bytes: 2, fixed32: 5 } as const;

const utf8 = new TextEncoder();

/** Fields with at most this many bytes are one piece. */
const smallSize = 16_384;

/** Seven bits per byte, lowest first; a negative number is written as its 64-bit two's complement. */
function varint(value: number): number[] {
  if (value >= 0 && value < 128) return [value];
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

const tag = (field: number, wireType: number) => varint(field * 8 + wireType);

const sizeOf = (fields: Fields): number => fields.reduce((sum, { length }) => sum + length, 0);

/** Messages and parts of messages joined into one. */
export function join(parts: readonly Fields[]): Fields {
  const pieces = parts.flat();
  return sizeOf(pieces) <= smallSize ? [encoded(pieces)] : pieces;
}

/** The bytes of a message. */
export const encoded = (fields: Fields): Uint8Array => Buffer.concat(fields);

/** An integer, an enumeration's value, or a boolean as 0 and 1. */
export const integer = (field: number, value: number): Fields => [
  Uint8Array.from([...tag(field, wireTypes.varint), ...varint(value)]),
];

export const bytes = (field: number, value: Uint8Array): Fields => delimited(field, [value]);

const delimited = (field: number, value: Fields): Fields =>
  join([[Uint8Array.from([...tag(field, wireTypes.bytes), ...varint(sizeOf(value))])], value]);

export const text = (field: number, value: string): Fields => bytes(field, utf8.encode(value));

/** A 32-bit float. */
export const float = (field: number, value: number): Fields => [
  Uint8Array.from(tag(field, wireTypes.fixed32)),
  new Uint8Array(Float32Array.of(value).buffer),
];

export const message = (field: number, ...parts: readonly Fields[]): Fields => delimited(field, parts.flat());
