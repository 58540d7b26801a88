import type { Curve } from '../run/curves.js';

export interface PlotSize {
  /** Characters of a whole line, at least 20, and lines of the drawing, at least 2. */
  readonly columns: number;
  readonly rows: number;
  /** A logarithmic vertical axis; only for values above 0. */
  readonly isLog?: boolean;
}

/** Dots of a character of Unicode's Braille patterns, across and down. */
const [dotColumns, dotRows] = [2, 4];

/** Bits of the dots, row by row. Unicode numbers the upper three rows column by column, then the lowest row. */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const blank = 0x2800;

/**
 * A curve as text: its name above, values on the left, steps below. Points are joined by lines.
 *
 * @returns Lines of at most `columns` characters; a single line for a curve without points.
 */
export function braillePlot({ name, steps, values }: Curve, { columns, rows, isLog }: PlotSize): string[] {
  if (values.length === 0) return [`${name}: nothing yet`];
  const height = isLog ? Math.log : (value: number) => value;
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [steps[0]!, steps.at(-1)!];
  const labels = [digits(highest), highest > lowest ? digits(lowest) : ''];
  const margin = Math.max(...labels.map(({ length }) => length));
  const width = Math.max(1, columns - margin - 2);

  const dots = { across: width * dotColumns, down: rows * dotRows };
  // A flat curve, or a single point, is drawn in the middle.
  const fraction = (value: number, from: number, to: number) =>
    to > from ? (value - from) / (to - from) : 0.5;
  const points = values.map((value, index) => ({
    x: Math.round(fraction(steps[index]!, first, last) * (dots.across - 1)),
    y: Math.round((1 - fraction(height(value), height(lowest), height(highest))) * (dots.down - 1)),
  }));
  const cells = new Uint8Array(width * rows);
  const mark = (x: number, y: number) => {
    cells[Math.floor(y / dotRows) * width + Math.floor(x / dotColumns)]! |=
      bits[y % dotRows]![x % dotColumns]!;
  };
  points.forEach((point, index) => line(points[Math.max(0, index - 1)]!, point, mark));

  const drawing = Array.from({ length: rows }, (_, row) => {
    const label = row === 0 ? labels[0]! : row === rows - 1 ? labels[1]! : '';
    const characters = [...cells.subarray(row * width, (row + 1) * width)];
    return `${label.padStart(margin)} \u2502${String.fromCodePoint(...characters.map((cell) => blank + cell))}`;
  });
  const ends = [String(first), first === last ? '' : String(last)];
  const below = `${' '.repeat(margin + 2)}${ends[0]}${ends[1]!.padStart(width - ends[0]!.length)}`;
  return [name, ...drawing.map(trimBlank), below.trimEnd()];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Marks every dot of the straight line between two points. */
function line(from: Point, to: Point, mark: (x: number, y: number) => void): void {
  const count = Math.max(1, Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  for (let k = 0; k <= count; k++)
    mark(
      Math.round(from.x + ((to.x - from.x) * k) / count),
      Math.round(from.y + ((to.y - from.y) * k) / count),
    );
}

const trimBlank = (text: string) => text.replace(/[\s\u2800]+$/u, '');

const blocks = ['\u2581', '\u2582', '\u2583', '\u2584', '\u2585', '\u2586', '\u2587', '\u2588'] as const;

/** A curve in one line, one block per value, scaled from the lowest to the highest; empty without values. */
export function sparkline(values: readonly number[]): string {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const fraction = (value: number) => (highest > lowest ? (value - lowest) / (highest - lowest) : 0.5);
  return values.map((value) => blocks[Math.round(fraction(value) * (blocks.length - 1))]).join('');
}

/** Three significant digits. */
export const digits = (value: number) =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
