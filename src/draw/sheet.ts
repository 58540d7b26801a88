import type { Image } from '../data/image/image.js';

/** px between the cells of a sheet. */
const gap = 6;

/** Puts pictures of the same size into rows, on grey. @throws {RangeError} If there is none. */
export function sheet(cells: readonly Image[], columns: number): Image {
  const [first] = cells;
  if (!first) throw new RangeError('Expected at least one picture');
  const rows = Math.ceil(cells.length / columns);
  const width = columns * (first.width + gap) + gap;
  const height = rows * (first.height + gap) + gap;
  const data = new Uint8Array(width * height * 3).fill(96);
  for (const [index, cell] of cells.entries()) {
    const left = gap + (index % columns) * (first.width + gap);
    const top = gap + Math.floor(index / columns) * (first.height + gap);
    for (let y = 0; y < cell.height; y++) {
      const row = cell.data.subarray(y * cell.width * 3, (y + 1) * cell.width * 3);
      data.set(row, ((top + y) * width + left) * 3);
    }
  }
  return { width, height, channels: 3, data };
}
