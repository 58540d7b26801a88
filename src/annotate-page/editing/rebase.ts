/** Edits that were not acknowledged, done again on an image that somebody else has changed since. */
import type { EventBody, ObjectChange } from '../../annotate/protocol/event.js';
import { forEachPiece, type Patch } from '../../annotate/protocol/patch.js';
import type { AnnotationState, Change } from '../../annotate/protocol/state.js';

/** An edit of the page that the server does not have yet. */
export interface Pending {
  readonly body: EventBody;
  /** The number that it was expected to get. */
  readonly seq: number;
  /** What takes it back: tells what it found. */
  readonly back: Change;
}

/** New numbers of nuclei and events, since others have taken theirs. */
export interface Renumbering {
  readonly ids: Map<number, number>;
  readonly seqs: Map<number, number>;
}

/**
 * The same edit on another state; undefined if what it changes is not as it found it.
 *
 * @param state Before the edit.
 * @param numbers Grows by the new numbers of what this edit makes, for the edits after it.
 */
export function rebased(
  state: AnnotationState,
  pending: Pending,
  numbers: Renumbering,
): EventBody | undefined {
  const { body, back } = pending;
  if (body.op === 'undo' || body.op === 'redo') {
    const undoes = numbers.seqs.get(body.undoes!) ?? body.undoes;
    const moved = { ...body, undoes };
    return state.refusal(moved) === undefined ? moved : undefined;
  }
  let nextId = state.nextId;
  for (const object of back.objects) {
    if ('removed' in object && !numbers.ids.has(object.id)) numbers.ids.set(object.id, nextId++);
  }
  const isSame =
    (!back.patch || hasLabels(state, renumberedPatch(back.patch, numbers))) &&
    back.objects.every((object) => isAsBefore(state, renumbered(object, numbers)));
  if (!isSame) return undefined;
  const moved: EventBody = {
    ...body,
    ...(body.patch && { patch: renumberedPatch(body.patch, numbers) }),
    ...(body.objects && { objects: body.objects.map((object) => renumbered(object, numbers)) }),
  };
  return state.refusal(moved) === undefined ? moved : undefined;
}

const renumbered = <T extends ObjectChange>(object: T, { ids }: Renumbering): T => ({
  ...object,
  id: ids.get(object.id) ?? object.id,
});

const renumberedPatch = (patch: Patch, { ids }: Renumbering): Patch => ({
  ...patch,
  runs: patch.runs.map((value, at) => (at % 2 === 0 ? (ids.get(value) ?? value) : value)),
});

function hasLabels(state: AnnotationState, patch: Patch): boolean {
  let same = true;
  forEachPiece(patch, state.width, (start, count, value) => {
    for (let at = start; at < start + count; at++) if (state.labels[at] !== value) same = false;
  });
  return same;
}

function isAsBefore(state: AnnotationState, before: ObjectChange): boolean {
  const now = state.objects.get(before.id);
  if ('removed' in before) return now === undefined;
  return now?.state === before.state && now.source === before.source && now.score === before.score;
}
