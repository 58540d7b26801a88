import type { Box } from './box.js';

/** Side of a cell, px: about two nuclei, so that a cell holds a few and a nucleus lies in a few. */
const cellSide = 64;

/** Finds the boxes near a box without looking at all: an image may hold 100,000. */
export class BoxIndex {
  readonly #cells = new Map<string, number[]>();

  /** @param id Of the caller's choice; given back by {@link near}. */
  add(box: Box, id: number): void {
    for (const cell of cellsOf(box)) {
      const ids = this.#cells.get(cell);
      if (ids) ids.push(id);
      else this.#cells.set(cell, [id]);
    }
  }

  /** The ids of all boxes that overlap a box, and perhaps of some that only lie near; in the order of adding. */
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
