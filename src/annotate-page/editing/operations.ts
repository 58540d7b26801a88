/** From what a person does to the event that is logged. Nothing is changed here. */
import type { AnnotatedNucleus, EventBody, ObjectChange, Operation } from '../../annotate/protocol/event.js';
import { forEachPiece, type Patch } from '../../annotate/protocol/patch.js';
import { withoutRegion } from '../../annotate/protocol/regions.js';
import type { AnnotationState } from '../../annotate/protocol/state.js';
import type { Rect } from '../../data/geometry/rect.js';
import type { Point } from '../../data/geometry/linear-map.js';
import { labelAt } from '../tools/label-map.js';
import { addMask, fillHoles, lassoMask, type PixelMask, reshape, smooth } from '../tools/shape.js';
import { labelUnderLine, split } from '../tools/split.js';
import { brush, erase, firstLabelUnder, type Stroke } from '../tools/stroke.js';
import { mergeNuclei, type Placed, removeNuclei } from '../tools/whole.js';
import type { Editor } from './editor.js';

/** An event, or why there is none, as a sentence. */
export type Outcome =
  | {
      readonly body: EventBody;
      /** Nuclei that are selected afterwards; absent: as before. */
      readonly selected?: readonly number[];
    }
  | { readonly refusal: string };

const refused = (refusal: string): Outcome => ({ refusal });

/** Nuclei that somebody has selected, without those that are gone. */
const placed = ({ bounds }: Editor, labels: readonly number[]): Placed[] =>
  labels.flatMap((label) => {
    const found = bounds.get(label);
    return found ? [{ label, bounds: found }] : [];
  });

/** @param labels Those that are accepted already are left out. */
export function accept({ state }: Editor, labels: readonly number[]): Outcome {
  const objects = labels.flatMap((id) => {
    const object = state.objects.get(id);
    return object?.state === 'proposed' ? [{ ...object, state: 'accepted' as const }] : [];
  });
  if (objects.length === 0)
    return refused(labels.length === 0 ? 'Select a nucleus first.' : 'This is accepted already.');
  return { body: { op: 'accept', source: 'manual', objects } };
}

/** Takes nuclei away: `reject` for what the model proposed, `delete` for others. */
export function discard(editor: Editor, labels: readonly number[], op: 'reject' | 'delete'): Outcome {
  const nuclei = placed(editor, labels);
  const patch = removeNuclei(editor.state, nuclei);
  if (!patch) return refused('Select a nucleus first.');
  const objects = nuclei.map(({ label }) => ({ id: label, removed: true as const }));
  return { body: { op, source: 'manual', patch, objects }, selected: [] };
}

/**
 * @param selected A stroke that begins in a nucleus extends it; else one that meets the selected nucleus extends that; any
 *   other draws a new one.
 * @param overwrites Whether neighbours give way.
 */
export function paintStroke(
  { state }: Editor,
  stroke: Stroke,
  { selected, overwrites }: { readonly selected: number | undefined; readonly overwrites: boolean },
): Outcome {
  const label = labelToPaint(state, stroke, selected);
  const patch = brush(state, stroke, { label: label || state.nextId, overwrites });
  if (!patch) return refused('There is nothing free to paint here. Hold Alt to paint over other nuclei.');
  return changed(state, 'brush', patch, label || state.nextId);
}

/** The nucleus that a stroke of the brush extends; 0 for a new one. */
function labelToPaint(state: AnnotationState, stroke: Stroke, selected: number | undefined): number {
  const under = labelAt(state, stroke.points[0]!);
  if (under !== 0) return under;
  const first = { ...stroke, points: stroke.points.slice(0, 1) };
  return selected !== undefined && meets(state, first, selected) ? selected : 0;
}

const meets = (state: AnnotationState, stroke: Stroke, label: number): boolean =>
  erase(state, stroke, label) !== undefined;

/** @param erasesAll Whether all nuclei are erased, instead of the one that {@link labelToErase} tells. */
export function eraseStroke(
  { state }: Editor,
  stroke: Stroke,
  { selected, erasesAll }: { readonly selected: number | undefined; readonly erasesAll: boolean },
): Outcome {
  const label = erasesAll ? undefined : labelToErase(state, stroke, selected);
  const patch = label === 0 ? undefined : erase(state, stroke, label);
  if (!patch) return refused('There is nothing to erase here.');
  return changed(state, 'erase', patch, undefined);
}

/** The selected nucleus if the stroke meets it and begins in no other; else the first that it meets; 0 if there is none. */
function labelToErase(state: AnnotationState, stroke: Stroke, selected: number | undefined): number {
  const under = labelAt(state, stroke.points[0]!);
  if (under !== 0) return under;
  if (selected !== undefined && meets(state, stroke, selected)) return selected;
  return firstLabelUnder(state, stroke);
}

/** Draws a new nucleus. */
export function drawLasso({ state }: Editor, points: readonly Point[]): Outcome {
  const patch = addMask(state, lassoMask(state, points), state.nextId);
  if (!patch) return refused('The line encloses no free pixel.');
  return changed(state, 'lasso', patch, state.nextId);
}

/** Part of a mask within one nucleus from which it is that nucleus's new shape, not another nucleus. */
const sameNucleus = 0.5;

/** Draws what the model has found; if most of it is one nucleus already, that gets the new shape. */
export function placeMask(editor: Editor, mask: PixelMask, score: number): Outcome {
  const { state, bounds } = editor;
  const counts = new Map<number, number>();
  let area = 0;
  for (let at = 0; at < mask.values.length; at++) {
    if (!mask.values[at]) continue;
    area++;
    const row = Math.floor(at / mask.width);
    const label = state.labels[(mask.y + row) * state.width + mask.x + at - row * mask.width]!;
    if (label !== 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const [covered] = [...counts].find(([, count]) => count > sameNucleus * area) ?? [];
  if (covered !== undefined) {
    const patch = reshape(state, mask, { label: covered, bounds: bounds.get(covered)! });
    if (patch) return changed(state, 'segment', patch, covered);
    return accept(editor, [covered]);
  }
  const patch = addMask(state, mask, state.nextId);
  if (!patch) return refused('The model found no nucleus here.');
  const object: AnnotatedNucleus = { id: state.nextId, state: 'accepted', source: 'model', score };
  return { body: { op: 'segment', source: 'model', patch, objects: [object] }, selected: [object.id] };
}

/** Cuts the selected nucleus if the line passes through it, else the one with the most pixels under the line. */
export function cut(editor: Editor, points: readonly Point[], selected: number | undefined): Outcome {
  const { state, bounds } = editor;
  const isMet = selected !== undefined && meets(state, { points, radius: 0.5 }, selected);
  const label = isMet ? selected : labelUnderLine(state, points);
  if (label === 0) return refused('Draw the line through a nucleus, from side to side.');
  const made = split(state, points, { label, bounds: bounds.get(label)!, nextLabel: state.nextId });
  if (!made) return refused('The line does not cut the nucleus in two. Draw it from side to side.');
  const before = state.objects.get(label)!;
  const objects = [label, ...made.newLabels].map((id) => ({ ...edited(before), id }));
  const body = { op: 'split', source: 'edited', patch: made.patch, objects } as const;
  return { body, selected: objects.map(({ id }) => id) };
}

/** @param labels The first keeps its number. */
export function joinNuclei(editor: Editor, labels: readonly number[]): Outcome {
  const { state } = editor;
  const nuclei = placed(editor, labels);
  if (nuclei.length < 2) return refused('Select two nuclei that touch: click one, then another.');
  const patch = mergeNuclei(state, nuclei);
  if (!patch) return refused('These nuclei do not touch: only nuclei in contact are merged.');
  const [first, ...others] = nuclei.map(({ label }) => label);
  const objects = [
    edited(state.objects.get(first!)!),
    ...others.map((id) => ({ id, removed: true as const })),
  ];
  return { body: { op: 'merge', source: 'edited', patch, objects }, selected: [first!] };
}

export function fillNucleus({ state, bounds }: Editor, label: number | undefined): Outcome {
  const found = label === undefined ? undefined : bounds.get(label);
  if (label === undefined || !found) return refused('Select a nucleus first.');
  const patch = fillHoles(state, label, found);
  return patch ? changed(state, 'fill', patch, label) : refused('This nucleus has no holes.');
}

export function smoothBorder({ state, bounds }: Editor, label: number | undefined): Outcome {
  const found = label === undefined ? undefined : bounds.get(label);
  if (label === undefined || !found) return refused('Select a nucleus first.');
  const patch = smooth(state, label, found);
  return patch
    ? changed(state, 'smooth', patch, label)
    : refused('The border of this nucleus is smooth already.');
}

/** Undecided nuclei with a pixel in a region. */
export function undecidedIn({ state, bounds, doubtful }: Editor, region: Rect): number[] {
  return doubtful.filter((label) => {
    const rect = bounds.get(label);
    if (!rect) return false;
    const right = Math.min(rect.x + rect.width, region.x + region.width);
    const bottom = Math.min(rect.y + rect.height, region.y + region.height);
    for (let y = Math.max(rect.y, region.y); y < bottom; y++)
      for (let x = Math.max(rect.x, region.x); x < right; x++)
        if (state.labels[y * state.width + x] === label) return true;
    return false;
  });
}

/** Those of some nuclei whose middle lies in a rectangle. */
export const centredIn = ({ bounds }: Editor, labels: readonly number[], view: Rect): number[] =>
  labels.filter((label) => {
    const rect = bounds.get(label);
    if (!rect) return false;
    const [x, y] = [rect.x + rect.width / 2, rect.y + rect.height / 2];
    return x >= view.x && x < view.x + view.width && y >= view.y && y < view.y + view.height;
  });

/** Marks a region as reviewed. */
export function reviewRegion(editor: Editor, region: Rect): Outcome {
  const left = undecidedIn(editor, region);
  if (left.length > 0) return refused(undecidedSentence(left.length));
  return { body: { op: 'review', source: 'manual', region } };
}

/** Why a region with undecided nuclei is not finished. */
export const undecidedSentence = (count: number): string =>
  count === 1
    ? 'One nucleus is undecided: accept (A) or reject (X) it first. Tab goes to it.'
    : `${count} nuclei are undecided: accept (A) or reject (X) them first. Tab goes to the most doubtful one.`;

/** Whether all of a region is reviewed. */
export const isRegionReviewed = ({ state }: Editor, region: Rect): boolean =>
  state.reviewed.reduce((left, done) => withoutRegion(left, done), [region]).length === 0;

/** A person has changed the shape: it counts as accepted, and no longer as the model's. */
const edited = (object: AnnotatedNucleus): AnnotatedNucleus => ({
  ...object,
  state: 'accepted',
  source: object.source === 'model' ? 'edited' : object.source,
});

/**
 * The event of a patch: its nuclei are edited, those without pixels left are removed.
 *
 * @param drawn The nucleus that gets pixels; one that is not there yet is new. undefined if none does.
 */
function changed(state: AnnotationState, op: Operation, patch: Patch, drawn: number | undefined): Outcome {
  const lost = new Map<number, number>();
  forEachPiece(patch, state.width, (start, count, value) => {
    for (let at = start; at < start + count; at++) {
      const before = state.labels[at]!;
      if (before !== 0 && before !== value) lost.set(before, (lost.get(before) ?? 0) + 1);
    }
  });
  const objects: ObjectChange[] = [];
  const before = drawn === undefined ? undefined : state.objects.get(drawn);
  if (before) objects.push(edited(before));
  else if (drawn !== undefined) objects.push({ id: drawn, state: 'accepted', source: 'manual' });
  for (const [id, count] of lost) {
    if (id === drawn) continue;
    if (count === state.areaOf(id)) objects.push({ id, removed: true });
    else objects.push(edited(state.objects.get(id)!));
  }
  const kept = objects.flatMap((object) => ('removed' in object ? [] : [object.id]));
  const source = before || drawn === undefined ? 'edited' : 'manual';
  return { body: { op, source, patch, objects }, selected: drawn === undefined ? kept.slice(0, 1) : [drawn] };
}
