/**
 * A NumPy file, version 1.0. Source: numpy.lib.format, "Format Version 1.0".
 *
 * @param shape Its product is the length of the values; row-major.
 */
export function encodeNpy(values: Float32Array | Uint16Array, shape: readonly number[]): Buffer {
  const descr = values instanceof Float32Array ? '<f4' : '<u2';
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  // Magic, version and length are 10 bytes; all of it is a multiple of 64, and ends with a line break.
  const padded = dict.padEnd(64 * Math.ceil((dict.length + 11) / 64) - 11);
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${padded}\n`, 'latin1');
  head.writeUInt16LE(padded.length + 1, 8);
  return Buffer.concat([head, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}
