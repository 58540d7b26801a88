import fc from 'fast-check';
import { emptyParts } from '../../../src/annotate/protocol/state.js';
import { Editor } from '../../../src/annotate-page/editing/editor.js';
import {
  accept,
  cut,
  discard,
  drawLasso,
  fillNucleus,
  joinNuclei,
  type Outcome,
  paintStroke,
  placeMask,
  reviewRegion,
  eraseStroke,
  smoothBorder,
} from '../../../src/annotate-page/editing/operations.js';
import { lassoMask } from '../../../src/annotate-page/tools/shape.js';

/** px: width and height of the images. */
export const side = 32;

/** In quarters of pixels: fast-check's doubles are nearly all close to 0. */
const coordinate = fc.integer({ min: -8, max: 4 * side + 8 }).map((quarters) => quarters / 4);
const points = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1, maxLength: 5 });

/** Something that a person does; what it applies to depends on the state. */
export interface Action {
  readonly kind: number;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly radius: number;
  readonly choice: number;
  readonly alt: boolean;
}

export const actions = (maxLength: number): fc.Arbitrary<Action[]> =>
  fc.array(
    fc.record({
      kind: fc.nat(12),
      points,
      radius: fc.integer({ min: 1, max: 24 }).map((quarters) => quarters / 4),
      choice: fc.nat(),
      alt: fc.boolean(),
    }),
    { minLength: 1, maxLength },
  );

export const emptyEditor = (): Editor => Editor.of(emptyParts({ width: side, height: side }));

/** An image with a few nuclei that the model has proposed. */
export function proposedEditor(): Editor {
  const editor = emptyEditor();
  const values = new Int32Array(side * side).fill(-1);
  for (let id = 1; id <= 4; id++) {
    const [left, top] = [id % 2 === 0 ? 18 : 3, id > 2 ? 18 : 3];
    for (let y = top; y < top + 10; y++) values.fill(id, y * side + left, y * side + left + 10);
  }
  const runs = [...values].flatMap((value) => [value, 1]);
  const objects = [1, 2, 3, 4].map(
    (id) => ({ id, state: 'proposed', source: 'model', score: id / 5 }) as const,
  );
  editor.apply(
    { op: 'propose', source: 'model', patch: { x: 0, y: 0, width: side, height: side, runs }, objects },
    1,
  );
  return editor;
}

/** What an action would do now. */
export function outcomeOf(editor: Editor, { kind, points, radius, choice, alt }: Action): Outcome {
  const ids = [...editor.state.objects.keys()];
  const one = ids[choice % Math.max(1, ids.length)];
  const some = ids.filter((_, index) => (choice >> index) % 2 === 1);
  const stroke = { points, radius };
  const region = { x: choice % 16, y: (choice >> 4) % 16, width: 16, height: 16 };
  const outcomes: readonly (() => Outcome)[] = [
    () => accept(editor, some),
    () => discard(editor, some, 'reject'),
    () => discard(editor, some, 'delete'),
    () => paintStroke(editor, stroke, { selected: one, overwrites: alt }),
    () => eraseStroke(editor, stroke, { selected: one, erasesAll: alt }),
    () => drawLasso(editor, points),
    () => placeMask(editor, lassoMask(editor.state, points), 0.8),
    () => cut(editor, points, one),
    () => joinNuclei(editor, some),
    () => fillNucleus(editor, one),
    () => smoothBorder(editor, one),
    () => reviewRegion(editor, region),
    () => {
      const last = (alt ? editor.state.undo : editor.state.redo).at(-1);
      return last
        ? { body: { op: alt ? 'undo' : 'redo', source: 'manual', undoes: last.seq } }
        : { refusal: 'There is nothing.' };
    },
  ];
  return outcomes[kind]!();
}
