/** Outlines of nuclei as lines along the sides of pixels, for views in which a pixel is large. */
import type { Rect } from '../../data/geometry/rect.js';
import { clip, type LabelMap } from '../tools/label-map.js';
import { outlineSegments, type Styles } from './paint-labels.js';
import { acceptedStyle, proposedStyle } from './styles.js';

/** px: width and height of the blocks of which each keeps its lines. */
const blockSize = 256;

interface Block {
  readonly accepted: Path2D;
  readonly proposed: Path2D;
}

export class Outlines {
  readonly #blocks = new Map<string, Block>();

  constructor(
    readonly map: LabelMap,
    readonly styles: () => Styles,
  ) {}

  /** Pixels within a rectangle, or the styles of their labels, have changed. */
  invalidate({ x, y, width, height }: Rect): void {
    const around = { x: x - 1, y: y - 1, width: width + 2, height: height + 2 };
    for (const { column, row } of blocksIn(around)) this.#blocks.delete(`${column}/${row}`);
  }

  /** The lines of all blocks that a rectangle meets. */
  *in(rect: Rect): Generator<Block> {
    for (const { column, row } of blocksIn(rect)) {
      const key = `${column}/${row}`;
      const known = this.#blocks.get(key);
      if (known) {
        yield known;
        continue;
      }
      const block = this.#make(column, row);
      this.#blocks.set(key, block);
      yield block;
    }
  }

  #make(column: number, row: number): Block {
    const rect = clip(this.map, {
      left: column * blockSize,
      top: row * blockSize,
      right: (column + 1) * blockSize,
      bottom: (row + 1) * blockSize,
    });
    const styles = this.styles();
    const pathOf = (style: number) =>
      pathAlong(outlineSegments(this.map, rect, (label) => styles[label] === style));
    return { accepted: pathOf(acceptedStyle), proposed: pathOf(proposedStyle) };
  }
}

/** A path along lines of {@link outlineSegments}. */
export function pathAlong(lines: readonly number[]): Path2D {
  const path = new Path2D();
  for (let at = 0; at < lines.length; at += 4) {
    path.moveTo(lines[at]!, lines[at + 1]!);
    path.lineTo(lines[at + 2]!, lines[at + 3]!);
  }
  return path;
}

function* blocksIn({ x, y, width, height }: Rect): Generator<{ column: number; row: number }> {
  for (let row = Math.floor(y / blockSize); row * blockSize < y + height; row++)
    for (let column = Math.floor(x / blockSize); column * blockSize < x + width; column++)
      yield { column, row };
}
