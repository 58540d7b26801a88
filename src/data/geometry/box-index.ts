import type { Box } from './box.js';

/** Side of a cell, px: about two nuclei, so that a cell has few nuclei and a nucleus is in few cells. */
const cellSide = 64;

/** Finds the boxes near a box without comparing it with all: an image may have 100,000. */
export class BoxIndex {
  readonly #cells = new Map<string, number[]>();

  /** @param id Any number that identifies the box for the caller; {@link near} returns it. */
  add(box: Box, id: number): void {
    for (const cell of cellsOf(box)) {
      const ids = this.#cells.get(cell);
      if (ids) ids.push(id);
      else this.#cells.set(cell, [id]);
    }
  }

  /** The ids of all boxes that overlap a box, and possibly of some that are only near it, in ascending order. */
  near(box: Box): number[] {
    const ids = new Set<number>();
    for (const cell of cellsOf(box)) for (const id of this.#cells.get(cell) ?? []) ids.add(id);
    return [...ids].sort((one, other) => one - other);
  }
}

function* cellsOf({ x1, y1, x2, y2 }: Box): Generator<string> {
  for (let row = Math.floor(y1 / cellSide); row * cellSide < y2; row++) {
    for (let column = Math.floor(x1 / cellSide); column * cellSide < x2; column++) yield `${row},${column}`;
  }
}
