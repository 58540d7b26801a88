import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventBody } from '../../../src/annotate/protocol/event.js';
import {
  accept,
  centredIn,
  cut,
  discard,
  isRegionReviewed,
  joinNuclei,
  type Outcome,
  paintStroke,
  placeMask,
  reviewRegion,
  eraseStroke,
  undecidedIn,
} from '../../../src/annotate-page/editing/operations.js';
import { BoundsIndex } from '../../../src/annotate-page/tools/bounds.js';
import { actions, emptyEditor, outcomeOf, proposedEditor, side } from './random-edits.js';

const whole = { x: 0, y: 0, width: side, height: side };

/** The event of an outcome; fails for a refusal. */
function bodyOf(outcome: Outcome): EventBody {
  if ('refusal' in outcome) throw new Error(outcome.refusal);
  return outcome.body;
}

test('whatever a person does, the state takes it, the page keeps up, and undoing all gives the beginning back', () => {
  const done = new Map<string, number>();
  fc.assert(
    fc.property(actions(14), (list) => {
      const editor = proposedEditor();
      for (const action of list) {
        const outcome = outcomeOf(editor, action);
        if ('refusal' in outcome) continue;
        expect(editor.state.refusal(outcome.body)).toBeUndefined();
        done.set(outcome.body.op, (done.get(outcome.body.op) ?? 0) + 1);
        editor.apply(outcome.body, editor.state.seq + 1);
      }
      const sorted = (bounds: BoundsIndex) => [...bounds].sort(([one], [other]) => one - other);
      expect(sorted(editor.bounds)).toEqual(sorted(new BoundsIndex(editor.state)));
      for (const { id, state } of editor.state.objects.values())
        expect(editor.styles[id]).toBe(state === 'proposed' ? 1 : 2);
      const proposed = [...editor.state.objects.values()].filter(({ state }) => state === 'proposed');
      expect(editor.doubtful).toEqual(proposed.map(({ id }) => id).sort((one, other) => one - other));
      while (editor.state.undo.length > 0)
        editor.apply(
          { op: 'undo', source: 'manual', undoes: editor.state.undo.at(-1)!.seq },
          editor.state.seq + 1,
        );
      expect(editor.state.hash).toBe(emptyEditor().state.hash);
    }),
    // The rarest, redo, happens about three times in 200 runs.
    { numRuns: 800 },
  );
  // Each of them happened, so each was tried; holes are rare.
  const common = [
    'accept',
    'brush',
    'delete',
    'erase',
    'lasso',
    'merge',
    'redo',
    'reject',
    'review',
    'segment',
  ];
  expect([...done.keys()]).toEqual(expect.arrayContaining([...common, 'smooth', 'split', 'undo']));
});

test('a proposal that is painted, erased, cut or merged counts as edited and accepted; one that is accepted stays of the model', () => {
  const stroke = { points: [{ x: 5.5, y: 5.5 }], radius: 1 };
  const beside = {
    points: [
      { x: 12.5, y: 14.5 },
      { x: 12.5, y: 13.5 },
    ],
    radius: 1,
  };
  const across = [
    { x: 7.5, y: 1.5 },
    { x: 7.5, y: 15.5 },
  ];
  const editor = proposedEditor();
  expect(bodyOf(accept(editor, [1, 2])).objects).toMatchObject([
    { id: 1, state: 'accepted', source: 'model', score: 0.2 },
    { id: 2, state: 'accepted', source: 'model', score: 0.4 },
  ]);
  expect(bodyOf(eraseStroke(editor, stroke, { selected: undefined, erasesAll: false })).objects).toEqual([
    { id: 1, state: 'accepted', source: 'edited', score: 0.2 },
  ]);
  // It begins on background, with a part of nucleus 1 under the pen only later: a new nucleus.
  expect(bodyOf(paintStroke(editor, beside, { selected: undefined, overwrites: false })).objects).toEqual([
    { id: 5, state: 'accepted', source: 'manual' },
  ]);
  const halves = bodyOf(cut(editor, across, undefined)).objects!;
  expect(halves.map(({ id }) => id)).toEqual([1, 5]);
  for (const half of halves) expect(half).toMatchObject({ state: 'accepted', source: 'edited' });
});

test('the selected nucleus is extended by a stroke that begins beside it and touches it', () => {
  const editor = proposedEditor();
  // Nucleus 1 ends at x = 13; the pen of 2 px reaches into it.
  const stroke = { points: [{ x: 14.5, y: 8.5 }], radius: 2 };
  expect(bodyOf(paintStroke(editor, stroke, { selected: 1, overwrites: false })).objects).toMatchObject([
    { id: 1 },
  ]);
  expect(bodyOf(paintStroke(editor, stroke, { selected: 4, overwrites: false })).objects).toMatchObject([
    { id: 5 },
  ]);
});

test('painting over all of a neighbour removes it', () => {
  const editor = proposedEditor();
  const stroke = { points: [{ x: 23.5, y: 8.5 }], radius: 20 };
  const objects = bodyOf(
    paintStroke(editor, { ...stroke, points: [{ x: 16, y: 16 }] }, { selected: undefined, overwrites: true }),
  ).objects!;
  expect(objects[0]).toEqual({ id: 5, state: 'accepted', source: 'manual' });
  expect(objects.filter((object) => 'removed' in object).length).toBe(4);
});

test('a mask over most of a nucleus is its new shape, elsewhere a new nucleus of the model', () => {
  const editor = proposedEditor();
  const mask = (x: number) => ({ x, y: 3, width: 8, height: 8, values: new Uint8Array(64).fill(1) });
  expect(bodyOf(placeMask(editor, mask(4), 0.7)).objects).toEqual([
    { id: 1, state: 'accepted', source: 'edited', score: 0.2 },
  ]);
  const free = { x: 13, y: 0, width: 5, height: 32, values: new Uint8Array(160).fill(1) };
  expect(bodyOf(placeMask(editor, free, 0.7)).objects).toEqual([
    { id: 5, state: 'accepted', source: 'model', score: 0.7 },
  ]);
  expect(placeMask(editor, { x: 0, y: 0, width: 2, height: 2, values: new Uint8Array(4) }, 0)).toHaveProperty(
    'refusal',
  );
});

test('a region is reviewed when nothing in it is undecided; the rest of the image does not matter', () => {
  const editor = proposedEditor();
  const upper = { ...whole, height: 16 };
  expect(undecidedIn(editor, upper)).toEqual([1, 2]);
  expect(reviewRegion(editor, upper)).toEqual({
    refusal: expect.stringContaining('2 nuclei are undecided') as string,
  });
  editor.apply(bodyOf(accept(editor, [1])), 2);
  expect(reviewRegion(editor, upper)).toEqual({
    refusal: expect.stringContaining('One nucleus is undecided') as string,
  });
  editor.apply(bodyOf(discard(editor, [2], 'reject')), 3);
  editor.apply(bodyOf(reviewRegion(editor, upper)), 4);
  expect([isRegionReviewed(editor, upper), isRegionReviewed(editor, whole)]).toEqual([true, false]);
});

test('nuclei in view are those whose middle is', () => {
  const editor = proposedEditor();
  // Nucleus 1 has its middle at (8, 8).
  expect(centredIn(editor, [1, 2, 3, 4], { x: 8, y: 8, width: 1, height: 1 })).toEqual([1]);
  expect(centredIn(editor, [1, 2, 3, 4], { x: 9, y: 3, width: 5, height: 9 })).toEqual([]);
});

test('every tool says in a sentence why it does nothing', () => {
  const editor = emptyEditor();
  const nowhere = [{ x: 3, y: 3 }];
  const stroke = { points: [{ x: -50, y: -50 }], radius: 1 };
  const outcomes = [
    accept(editor, []),
    discard(editor, [9], 'delete'),
    paintStroke(editor, stroke, { selected: undefined, overwrites: false }),
    eraseStroke(editor, { points: nowhere, radius: 2 }, { selected: undefined, erasesAll: true }),
    cut(editor, nowhere, undefined),
    joinNuclei(editor, [1, 2]),
  ];
  for (const outcome of outcomes)
    expect(outcome).toEqual({ refusal: expect.stringMatching(/^[A-Z].*\.$/u) as string });
});
