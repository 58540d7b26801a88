import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnnotatedNucleus, EventBody, ObjectChange } from '../../../src/annotate/protocol/event.js';
import { applyPatch, patchOfValues, problemOfPatch } from '../../../src/annotate/protocol/patch.js';
import { areaOfRegions, withoutRegion, withRegion } from '../../../src/annotate/protocol/regions.js';
import { AnnotationState, emptyParts } from '../../../src/annotate/protocol/state.js';

const size = { width: 7, height: 5 };

const rects = fc
  .record({
    x: fc.nat(6),
    y: fc.nat(4),
    width: fc.integer({ min: 1, max: 7 }),
    height: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ x, y, width, height }) => ({
    x,
    y,
    width: Math.min(width, 7 - x),
    height: Math.min(height, 5 - y),
  }));

const patches = rects.chain((rect) => {
  const count = rect.width * rect.height;
  const values = fc.array(fc.constantFrom(-1, 0, 1, 2, 3), { minLength: count, maxLength: count });
  return values.map((drawn) => ({ rect, values: drawn, patch: patchOfValues(rect, drawn) }));
});

describe('patches', () => {
  test('change the pixels of the rectangle, and their inverse changes them back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { minLength: 35, maxLength: 35 }),
        patches,
        (before, { rect, values, patch }) => {
          const labels = Uint32Array.from(before);
          const inverse = applyPatch(labels, size.width, patch);
          // Pixel by pixel, as the definition of a patch says.
          const expected = before.map((label, at) => {
            const [x, y] = [(at % 7) - rect.x, Math.floor(at / 7) - rect.y];
            const isInside = x >= 0 && y >= 0 && x < rect.width && y < rect.height;
            const value = isInside ? values[y * rect.width + x]! : -1;
            return value === -1 ? label : value;
          });
          expect([...labels]).toEqual(expected);
          expect(problemOfPatch(inverse, size)).toBeUndefined();
          applyPatch(labels, size.width, inverse);
          expect([...labels]).toEqual(before);
        },
      ),
    );
  });

  test.each([
    ['outside', { x: 6, y: 0, width: 2, height: 1, runs: [1, 2] }, /not one of whole pixels inside/u],
    [
      'before the image',
      { x: -1, y: 0, width: 2, height: 1, runs: [1, 2] },
      /not one of whole pixels inside/u,
    ],
    ['half pixels', { x: 0.5, y: 0, width: 2, height: 1, runs: [1, 2] }, /not one of whole pixels inside/u],
    ['without pixels', { x: 0, y: 0, width: 0, height: 1, runs: [] }, /not one of whole pixels inside/u],
    [
      'too few pixels',
      { x: 0, y: 0, width: 2, height: 2, runs: [1, 3] },
      /have 3 pixels, but its rectangle has 2 x 2/u,
    ],
    ['half a pair', { x: 0, y: 0, width: 2, height: 1, runs: [1, 2, 3] }, /pairs of value and count/u],
    ['a label below -1', { x: 0, y: 0, width: 2, height: 1, runs: [-2, 2] }, /value -2/u],
    [
      'a label that is too large',
      { x: 0, y: 0, width: 2, height: 1, runs: [2 ** 31, 2] },
      /value 2147483648/u,
    ],
    ['a negative run', { x: 0, y: 0, width: 2, height: 1, runs: [1, 3, 1, -1] }, /has -1 pixels/u],
    ['NaN', { x: 0, y: 0, width: 2, height: 1, runs: [NaN, 2] }, /value NaN/u],
  ])('of %s are refused', (_, patch, problem) => {
    expect(problemOfPatch(patch, size)).toMatch(problem);
  });
});

test('regions are sets of pixels', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(rects, fc.boolean()), { maxLength: 8 }), (steps) => {
      let regions: readonly { x: number; y: number; width: number; height: number }[] = [];
      const pixels = new Uint8Array(35);
      for (const [rect, isAdded] of steps) {
        regions = isAdded ? withRegion(regions, rect) : withoutRegion(regions, rect);
        for (let y = rect.y; y < rect.y + rect.height; y++)
          pixels.fill(isAdded ? 1 : 0, y * 7 + rect.x, y * 7 + rect.x + rect.width);
      }
      const drawn = new Uint8Array(35);
      for (const { x, y, width, height } of regions)
        for (let row = y; row < y + height; row++)
          for (let column = x; column < x + width; column++) drawn[row * 7 + column]! += 1;
      expect([...drawn]).toEqual([...pixels]);
      expect(areaOfRegions(regions)).toBe(pixels.reduce((sum, value) => sum + value, 0));
    }),
  );
});

/** Everything that can be seen of a state. */
const seen = (state: AnnotationState) => ({
  labels: [...state.labels],
  objects: [...state.objects.values()].sort((one, other) => one.id - other.id),
  reviewed: state.reviewed,
  skipped: state.skipped,
  hash: state.hash,
});

/** The state made anew of what can be seen of it: hash and areas are counted from nothing. */
const rebuilt = (state: AnnotationState) =>
  new AnnotationState({
    ...{ width: state.width, height: state.height, labels: state.labels.slice() },
    ...{ objects: [...state.objects.values()].reverse(), reviewed: state.reviewed, skipped: state.skipped },
    ...{ seq: state.seq, nextId: state.nextId, undo: state.undo, redo: state.redo },
  });

/** Any event that is valid: labels in the patch are 1 to 3 in place of new or old ids, and objects follow from it. */
function validEvent(
  state: AnnotationState,
  patch: ReturnType<typeof patchOfValues>,
  op: 'brush' | 'propose',
): EventBody {
  const ids = [...state.objects.keys()];
  const idOf = new Map([1, 2, 3].map((label) => [label, ids[label - 2] ?? state.nextId + label]));
  const runs = patch.runs.map((value, at) => (at % 2 === 0 ? (idOf.get(value) ?? value) : value));
  const labels = state.labels.slice();
  applyPatch(labels, state.width, { ...patch, runs });
  const present = new Set([...labels].filter((label) => label > 0));
  const objects: ObjectChange[] = [];
  for (const id of present)
    if (!state.objects.has(id))
      objects.push({ id, state: op === 'brush' ? 'accepted' : 'proposed', source: 'manual' });
  for (const id of ids) if (!present.has(id)) objects.push({ id, removed: true });
  return { op, source: 'manual', patch: { ...patch, runs }, objects };
}

describe('a state', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('patch' as const),
        patch: patches,
        op: fc.constantFrom('brush' as const, 'propose' as const),
      }),
      fc.record({ kind: fc.constantFrom('undo' as const, 'redo' as const) }),
      fc.record({ kind: fc.constantFrom('review' as const, 'unreview' as const), region: rects }),
      fc.record({ kind: fc.constant('skip' as const) }),
    ),
    { maxLength: 25 },
  );

  test('is undone and done again step by step, and its hash is that of the state made anew', () => {
    fc.assert(
      fc.property(steps, (drawn) => {
        const state = new AnnotationState(emptyParts(size));
        const first = seen(state);
        for (const step of drawn) {
          const event: EventBody =
            step.kind === 'patch'
              ? validEvent(state, step.patch.patch, step.op)
              : step.kind === 'skip'
                ? { op: 'skip', source: 'manual', reason: 'blurred' }
                : 'region' in step
                  ? { op: step.kind, source: 'manual', region: step.region }
                  : { op: step.kind, source: 'manual', undoes: state[step.kind].at(-1)?.seq };
          if (state.refusal(event) !== undefined) continue;
          state.apply(event, state.seq + 1);
          expect(rebuilt(state).hash).toBe(state.hash);
          for (const id of state.objects.keys())
            expect(state.areaOf(id)).toBe(state.labels.filter((label) => label === id).length);
          expect(state.nextId).toBeGreaterThan(Math.max(0, ...state.objects.keys()));
        }
        const last = seen(state);
        const undone = state.undo.length;
        for (let count = 0; count < undone; count++)
          state.apply({ op: 'undo', source: 'manual', undoes: state.undo.at(-1)!.seq }, state.seq + 1);
        expect(seen(state)).toEqual(first);
        for (let count = 0; count < undone; count++)
          state.apply({ op: 'redo', source: 'manual', undoes: state.redo.at(-1)!.seq }, state.seq + 1);
        expect(seen(state)).toEqual(last);
      }),
      { numRuns: 300 },
    );
  });

  const nucleus: AnnotatedNucleus = { id: 1, state: 'proposed', source: 'model', score: 0.7 };
  const square = { x: 1, y: 1, width: 2, height: 2 };
  const begun = () => {
    const state = new AnnotationState(emptyParts(size));
    state.apply(
      { op: 'propose', source: 'model', patch: { ...square, runs: [1, 4] }, objects: [nucleus] },
      1,
    );
    return state;
  };
  const whole = { x: 0, y: 0, ...size };

  test.each<[string, EventBody, RegExp]>([
    [
      'a review over a proposal',
      { op: 'review', source: 'manual', region: whole },
      /object 1 in the region is only proposed/u,
    ],
    ['a review without a region', { op: 'review', source: 'manual' }, /has a region/u],
    ['a region of a brush', { op: 'brush', source: 'manual', region: whole }, /has no region/u],
    [
      'a label without an object',
      { op: 'brush', source: 'manual', patch: { ...square, runs: [2, 4] } },
      /label 2 .* has no object/u,
    ],
    [
      'an object without pixels',
      { op: 'erase', source: 'manual', patch: { ...square, runs: [0, 4] } },
      /object 1 has no pixels/u,
    ],
    [
      'a removed object with pixels',
      { op: 'delete', source: 'manual', objects: [{ id: 1, removed: true }] },
      /removed, but has 4 pixels/u,
    ],
    [
      'an object that is not there',
      { op: 'delete', source: 'manual', objects: [{ id: 5, removed: true }] },
      /no object 5/u,
    ],
    [
      'two changes of one object',
      { op: 'accept', source: 'manual', objects: [nucleus, nucleus] },
      /named twice/u,
    ],
    [
      'an undo of the wrong event',
      { op: 'undo', source: 'manual', undoes: 7 },
      /next event to undo is 1, not 7/u,
    ],
    ['a redo of nothing', { op: 'redo', source: 'manual', undoes: 1 }, /nothing to redo/u],
  ])('refuses %s', (_, event, sentence) => {
    expect(begun().refusal(event)).toMatch(sentence);
  });

  test('does not use an id again', () => {
    const state = begun();
    state.apply(
      {
        op: 'delete',
        source: 'manual',
        patch: { ...square, runs: [0, 4] },
        objects: [{ id: 1, removed: true }],
      },
      2,
    );
    const again: EventBody = {
      op: 'lasso',
      source: 'manual',
      patch: { ...square, runs: [1, 4] },
      objects: [{ id: 1, state: 'accepted', source: 'manual' }],
    };
    expect(state.refusal(again)).toMatch(/id 1 was used before; the next one is 2/u);
  });

  test('takes no proposal in a reviewed region', () => {
    const state = begun();
    state.apply({ op: 'accept', source: 'manual', objects: [{ ...nucleus, state: 'accepted' }] }, 2);
    state.apply({ op: 'review', source: 'manual', region: { x: 0, y: 0, width: 4, height: 5 } }, 3);
    const proposal = (x: number): EventBody => ({
      ...{ op: 'propose', source: 'model', patch: { x, y: 0, width: 1, height: 1, runs: [2, 1] } },
      objects: [{ id: 2, state: 'proposed', source: 'model', score: 0.5 }],
    });
    expect(state.refusal(proposal(3))).toMatch(/object 2 is proposed in a reviewed region/u);
    expect(state.refusal(proposal(4))).toBeUndefined();
  });
});
