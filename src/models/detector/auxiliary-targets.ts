/** Targets of the auxiliary head: nucleus and border for each cell of the finest level. */

export interface AuxiliaryMaps {
  /** s: side of the maps in cells. */
  readonly size: number;
  /** `[N, s, s, 2]`: fraction of the cell that is nucleus; 1 if a border runs through the cell, else 0. */
  readonly targets: Float32Array;
  /** `[N, s, s]`: fraction of the cell that is reviewed. */
  readonly weights: Float32Array;
}

/**
 * A border runs through a cell that has two labels; background is a label, too.
 *
 * @param labels `[N, S, S]`, 0 = background; S a multiple of the cell.
 * @param ignore `[N, S, S]`, 1 = not reviewed.
 * @param shape.cell Side of a cell, px of the crop: the stride of the finest level.
 */
export function auxiliaryTargets(
  labels: Int32Array,
  ignore: Uint8Array,
  { count, size, cell }: { readonly count: number; readonly size: number; readonly cell: number },
): AuxiliaryMaps {
  const side = size / cell;
  const targets = new Float32Array(count * side * side * 2);
  const weights = new Float32Array(count * side * side);
  const pixelFraction = 1 / (cell * cell);
  for (let row = 0, at = 0; row < count * side; row++) {
    for (let column = 0; column < side; column++, at++) {
      const corner = row * cell * size + column * cell;
      const first = labels[corner]!;
      let inside = 0;
      let reviewed = 0;
      let isBorder = false;
      for (let y = 0; y < cell; y++) {
        for (let x = 0; x < cell; x++) {
          const pixel = corner + y * size + x;
          const label = labels[pixel]!;
          if (label !== 0) inside += 1;
          if (label !== first) isBorder = true;
          if (ignore[pixel] === 0) reviewed += 1;
        }
      }
      targets[2 * at] = inside * pixelFraction;
      targets[2 * at + 1] = isBorder ? 1 : 0;
      weights[at] = reviewed * pixelFraction;
    }
  }
  return { size: side, targets, weights };
}
