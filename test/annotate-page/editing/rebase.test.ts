import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Editor } from '../../../src/annotate-page/editing/editor.js';
import { type Pending, rebased } from '../../../src/annotate-page/editing/rebase.js';
import { type Action, actions, outcomeOf, proposedEditor } from './random-edits.js';

/** Does what can be done. */
function run(editor: Editor, list: readonly Action[]): Pending[] {
  return list.flatMap((action) => {
    const outcome = outcomeOf(editor, action);
    if ('refusal' in outcome) return [];
    const seq = editor.state.seq + 1;
    return [{ body: outcome.body, seq, back: editor.apply(outcome.body, seq).back }];
  });
}

const numbering = () => ({ ids: new Map<number, number>(), seqs: new Map<number, number>() });

test('without other edits, the same is done again', () => {
  fc.assert(
    fc.property(actions(8), (list) => {
      const [one, other] = [proposedEditor(), proposedEditor()];
      const numbers = numbering();
      for (const pending of run(one, list)) {
        const body = rebased(other.state, pending, numbers);
        expect(body).toBeDefined();
        other.apply(body!, other.state.seq + 1);
      }
      expect(other.state.hash).toBe(one.state.hash);
    }),
    { numRuns: 100 },
  );
});

test('an edit on what others have changed is given up; any other changes its own pixels and nothing of theirs', () => {
  const outcomes = { moved: 0, refused: 0 };
  fc.assert(
    fc.property(actions(3), actions(3), (mine, theirs) => {
      const [here, there] = [proposedEditor(), proposedEditor()];
      const pending = run(here, mine);
      run(there, theirs);
      const numbers = numbering();
      for (const edit of pending) {
        const before = there.state.labels.slice();
        const body = rebased(there.state, edit, numbers);
        if (!body) {
          outcomes.refused++;
          // What comes after it may depend on it.
          return;
        }
        outcomes.moved++;
        const seq = there.state.seq + 1;
        numbers.seqs.set(edit.seq, seq);
        const { back } = there.apply(body, seq);
        // The nuclei that it found are those that it was made for, with new numbers at most.
        const ids = new Set(edit.back.objects.map(({ id }) => numbers.ids.get(id) ?? id));
        there.state.labels.forEach((label, at) => {
          if (label === before[at]) return;
          for (const touched of [label, before[at]!])
            if (touched !== 0 && !ids.has(touched) && edit.body.op !== 'undo' && edit.body.op !== 'redo')
              throw new Error(`Nucleus ${touched} was changed.`);
        });
        expect(back.objects.length).toBe(edit.back.objects.length);
      }
    }),
    { numRuns: 300 },
  );
  expect(Math.min(outcomes.moved, outcomes.refused)).toBeGreaterThan(50);
});

test('a new nucleus gets another number if its own was taken, also in the edits after it', () => {
  const [here, there] = [proposedEditor(), proposedEditor()];
  const stroke = (x: number, kind: number): Action => ({
    ...{ kind, points: [{ x, y: 15.5 }], radius: 1, choice: 0, alt: false },
  });
  const pending = run(here, [stroke(15.5, 3), stroke(15.5, 4)]);
  expect(pending.map(({ body }) => body.op)).toEqual(['brush', 'erase']);
  run(there, [stroke(1.5, 3)]);
  const numbers = numbering();
  const [brush, erase] = pending;
  const moved = rebased(there.state, brush!, numbers)!;
  expect(moved.objects).toMatchObject([{ id: 6, source: 'manual' }]);
  there.apply(moved, there.state.seq + 1);
  expect(rebased(there.state, erase!, numbers)!.objects).toMatchObject([{ id: 6, removed: true }]);
  expect(there.state.objects.has(5)).toBe(true);
});

test('undo follows its event to its new number; an undo of what others have covered is given up', () => {
  const [here, there] = [proposedEditor(), proposedEditor()];
  const paint: Action = { kind: 3, points: [{ x: 15.5, y: 15.5 }], radius: 1, choice: 0, alt: false };
  const undo: Action = { ...paint, kind: 12, alt: true };
  const pending = run(here, [paint, undo, undo]);
  expect(pending.map(({ body }) => body.undoes)).toEqual([undefined, 2, 1]);
  run(there, [{ ...paint, points: [{ x: 1.5, y: 1.5 }] }]);
  const numbers = numbering();
  const bodies = pending.map((edit) => {
    const body = rebased(there.state, edit, numbers);
    if (!body) return undefined;
    numbers.seqs.set(edit.seq, there.state.seq + 1);
    there.apply(body, there.state.seq + 1);
    return body.undoes ?? 'done';
  });
  expect(bodies).toEqual(['done', 3, undefined]);
});
