/** Facts in the headers of PNG and TIFF files that sharp does not report. */

/**
 * Whether a PNG holds an animation (APNG), of which libpng decodes only the first frame.
 *
 * @param bytes A whole file, of any format; false if it is not a PNG or ends early.
 *
 * Source: PNG third edition, 11.3.6: the `acTL` chunk comes before the first `IDAT`.
 */
export function isAnimatedPng(bytes: Buffer): boolean {
  if (bytes.toString('latin1', 1, 4) !== 'PNG') return false;
  for (let at = 8; at + 8 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
}

/** Values of {@link tiffPhotometric}. */
export const photometric = {
  whiteIsZero: 0,
  blackIsZero: 1,
  rgb: 2,
  palette: 3,
  cmyk: 5,
  yCbCr: 6,
  lab: 8,
};

/**
 * How values of the first page of a TIFF are shown as colours (tag 262, PhotometricInterpretation).
 *
 * @param bytes A whole file, of any format; undefined if it is not a TIFF or has no such tag.
 * @throws {RangeError} If the file ends early.
 *
 * Source: TIFF 6.0, sections 2 and 8; BigTIFF (magic number 43) has 8-byte offsets and counts.
 */
export function tiffPhotometric(bytes: Buffer): number | undefined {
  const order = bytes.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return undefined;
  const little = order === 'II';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.getUint16(2, little);
  if (magic !== 42 && magic !== 43) return undefined;
  const big = magic === 43;
  const wide = (at: number) => Number(view.getBigUint64(at, little));
  const directory = big ? wide(8) : view.getUint32(4, little);
  const count = big ? wide(directory) : view.getUint16(directory, little);
  const firstEntry = directory + (big ? 8 : 2);
  const entrySize = big ? 20 : 12;
  for (let entry = firstEntry; entry < firstEntry + count * entrySize; entry += entrySize) {
    if (view.getUint16(entry, little) === 262) return view.getUint16(entry + (big ? 12 : 8), little);
  }
  return undefined;
}

/** Whether bytes begin as a TIFF or BigTIFF file of either byte order does. */
export function isTiff(bytes: Buffer): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(bytes.toString('latin1', 0, 4));
}
