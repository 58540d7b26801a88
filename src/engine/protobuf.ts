/** The wire format of protocol buffers, as far as TensorFlow's graph files need it (protobuf.dev, "Encoding"). */

/** A message or a part of one: fields in a row. */
export type Fields = Uint8Array;

const wireTypes = { varint: 0, bytes: 2, fixed32: 5 } as const;

const utf8 = new TextEncoder();

/** Seven bits per byte, lowest first; a negative number is written as its 64-bit two's complement. */
function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

const tag = (field: number, wireType: number) => varint(field * 8 + wireType);

/** Messages and parts of messages joined into one. */
export const join = (parts: readonly Fields[]): Fields => Buffer.concat(parts);

/** An integer, an enumeration's value, or a boolean as 0 and 1. */
export const integer = (field: number, value: number): Fields =>
  Uint8Array.from([...tag(field, wireTypes.varint), ...varint(value)]);

export const bytes = (field: number, value: Uint8Array): Fields =>
  join([Uint8Array.from([...tag(field, wireTypes.bytes), ...varint(value.length)]), value]);

export const text = (field: number, value: string): Fields => bytes(field, utf8.encode(value));

/** A 32-bit float. */
export const float = (field: number, value: number): Fields =>
  join([Uint8Array.from(tag(field, wireTypes.fixed32)), new Uint8Array(Float32Array.of(value).buffer)]);

export const message = (field: number, ...parts: readonly Fields[]): Fields => bytes(field, join(parts));
