/** The annotation of one image: what the events so far make of it. The page and the server hold the same. */
import type { Rect, Size } from '../../data/geometry/rect.js';
import type { AnnotatedNucleus, EventBody, ObjectChange } from './event.js';
import { applyPatch, forEachPiece, type Patch, problemOfPatch, problemOfRegion } from './patch.js';
import { regionsMeet, withoutRegion, withRegion } from './regions.js';
import { StateHash } from './state-hash.js';

/** What takes an event back, or does it again. */
export interface Change {
  readonly patch?: Patch | undefined;
  readonly objects: readonly ObjectChange[];
  /** All reviewed regions; absent if they stay. */
  readonly reviewed?: readonly Rect[] | undefined;
  /** Why the image is skipped, or null if it is not; absent if that stays. */
  readonly skipped?: string | null | undefined;
}

/** An event that can be undone or done again, with what does so. */
export interface UndoEntry {
  readonly seq: number;
  readonly change: Change;
}

/** What an {@link AnnotationState} begins with. */
export interface StateParts extends Size {
  /** `width * height`, row by row; it is changed. */
  readonly labels: Uint32Array;
  readonly objects: readonly AnnotatedNucleus[];
  /** Separate. */
  readonly reviewed: readonly Rect[];
  readonly skipped: string | null;
  /** Of the last event; 0 for none. */
  readonly seq: number;
  /** The smallest id that was never used. */
  readonly nextId: number;
  /** The last one is undone first. */
  readonly undo: readonly UndoEntry[];
  /** The last one is done again first. */
  readonly redo: readonly UndoEntry[];
}

/** An image on which nothing has been done yet. */
export const emptyParts = ({ width, height }: Size): StateParts => ({
  ...{ width, height, labels: new Uint32Array(width * height), objects: [], reviewed: [] },
  ...{ skipped: null, seq: 0, nextId: 1, undo: [], redo: [] },
});

export class AnnotationState implements Size {
  readonly width: number;
  readonly height: number;
  /** The label map; only {@link apply} changes it. */
  readonly labels: Uint32Array;
  readonly #objects: Map<number, AnnotatedNucleus>;
  /** Number of pixels of each label. */
  readonly #areas = new Map<number, number>();
  readonly #hash = new StateHash();
  #reviewed: readonly Rect[];
  #skipped: string | null;
  #seq: number;
  #nextId: number;
  readonly #undo: UndoEntry[];
  readonly #redo: UndoEntry[];

  constructor(parts: StateParts) {
    this.width = parts.width;
    this.height = parts.height;
    this.labels = parts.labels;
    this.#objects = new Map(parts.objects.map((object) => [object.id, object]));
    this.#reviewed = parts.reviewed;
    this.#skipped = parts.skipped;
    this.#seq = parts.seq;
    this.#nextId = parts.nextId;
    this.#undo = [...parts.undo];
    this.#redo = [...parts.redo];
    for (let at = 0; at < this.labels.length;) {
      const label = this.labels[at]!;
      const start = at;
      while (at < this.labels.length && this.labels[at] === label) at++;
      this.#count(label, start, at - start, 1);
    }
    for (const object of this.#objects.values()) this.#hash.object(object, 1);
  }

  /** By id. */
  get objects(): ReadonlyMap<number, AnnotatedNucleus> {
    return this.#objects;
  }

  /** Separate regions in which somebody has looked for every nucleus. */
  get reviewed(): readonly Rect[] {
    return this.#reviewed;
  }

  /** Why the image is skipped; null if it is not. */
  get skipped(): string | null {
    return this.#skipped;
  }

  get seq(): number {
    return this.#seq;
  }

  /** The smallest id that was never used. */
  get nextId(): number {
    return this.#nextId;
  }

  get undo(): readonly UndoEntry[] {
    return this.#undo;
  }

  get redo(): readonly UndoEntry[] {
    return this.#redo;
  }

  /** See state-hash.ts. */
  get hash(): string {
    return this.#hash.digest(this.#reviewed);
  }

  /** Number of pixels of an object; 0 if there is none. */
  areaOf(id: number): number {
    return this.#areas.get(id) ?? 0;
  }

  /** Why the event cannot be applied, as a sentence; undefined if it can. */
  refusal(event: EventBody): string | undefined {
    const { op, patch, region, undoes } = event;
    if (op === 'undo' || op === 'redo') return this.#refusalOfUndo(op, event);
    if (undoes !== undefined) return `Only undo and redo name an event; this is ${op}.`;
    const needsRegion = op === 'review' || op === 'unreview';
    if (needsRegion && region === undefined) return `The operation ${op} has a region.`;
    if (!needsRegion && op !== 'import' && region !== undefined) return `The operation ${op} has no region.`;
    return (
      (patch && problemOfPatch(patch, this)) ??
      (region && problemOfRegion(region, this)) ??
      this.#refusalOfObjects(event) ??
      (op === 'review' ? this.#refusalOfReview(region!) : undefined)
    );
  }

  /**
   * Does what the event says.
   *
   * @param event Must not be refused: see {@link refusal}.
   * @param seq Of the event.
   * @returns The rectangle whose pixels may have changed; undefined if none have.
   */
  apply(event: EventBody, seq: number): Rect | undefined {
    const [from, to] = event.op === 'redo' ? [this.#redo, this.#undo] : [this.#undo, this.#redo];
    this.#seq = seq;
    if (event.op === 'undo' || event.op === 'redo') {
      const entry = from.pop()!;
      to.push({ seq: entry.seq, change: this.#change(entry.change) });
      return entry.change.patch;
    }
    this.#undo.push({ seq, change: this.#change(this.#changeOf(event)) });
    this.#redo.length = 0;
    return event.patch;
  }

  #changeOf({ op, patch, objects = [], region, reason = '' }: EventBody): Change {
    const reviewed =
      region &&
      (op === 'unreview' ? withoutRegion(this.#reviewed, region) : withRegion(this.#reviewed, region));
    const skipped = op === 'skip' ? reason : op === 'review' ? null : undefined;
    return { patch, objects, reviewed, skipped };
  }

  /** Returns what changes it back. */
  #change({ patch, objects, reviewed, skipped }: Change): Change {
    const back: Change = {
      objects: objects.map(({ id }) => this.#objects.get(id) ?? { id, removed: true }),
      reviewed: reviewed && this.#reviewed,
      skipped: skipped === undefined ? undefined : this.#skipped,
    };
    for (const object of objects) {
      const before = this.#objects.get(object.id);
      if (before) this.#hash.object(before, -1);
      this.#nextId = Math.max(this.#nextId, object.id + 1);
      if ('removed' in object) {
        this.#objects.delete(object.id);
        continue;
      }
      this.#objects.set(object.id, object);
      this.#hash.object(object, 1);
    }
    if (reviewed) this.#reviewed = reviewed;
    if (skipped !== undefined) this.#skipped = skipped;
    if (!patch) return back;
    forEachPiece(patch, this.width, (start, count, value) => {
      for (let at = start; at < start + count; at++) this.#count(this.labels[at]!, at, 1, -1);
      this.#count(value, start, count, 1);
    });
    return { ...back, patch: applyPatch(this.labels, this.width, patch) };
  }

  /** Counts pixels that get a label, or lose it with `sign` -1. */
  #count(label: number, start: number, count: number, sign: 1 | -1): void {
    if (label === 0) return;
    this.#hash.pixels(start, count, label, sign);
    this.#areas.set(label, this.areaOf(label) + sign * count);
  }

  #refusalOfUndo(op: 'undo' | 'redo', { undoes, patch, objects, region }: EventBody): string | undefined {
    const last = (op === 'undo' ? this.#undo : this.#redo).at(-1)?.seq;
    if (patch || objects || region) return `The operation ${op} names the event and has nothing else.`;
    if (last !== undefined && undoes === last) return undefined;
    if (last === undefined) return `There is nothing to ${op}.`;
    return `The next event to ${op} is ${last}, not ${undoes ?? 'none'}.`;
  }

  /** Labels and objects have to agree after the event. */
  #refusalOfObjects({ op, patch, objects = [] }: EventBody): string | undefined {
    const next = new Map<number, ObjectChange>();
    for (const object of objects) {
      const { id } = object;
      if (!Number.isInteger(id) || id < 1) return `The id ${id} of an object is not a number from 1.`;
      if (next.has(id)) return `The object ${id} is named twice.`;
      if (!this.#objects.has(id) && id < this.#nextId)
        return `The id ${id} was used before; the next one is ${this.#nextId}.`;
      if (!this.#objects.has(id) && 'removed' in object)
        return `There is no object ${id} that could be removed.`;
      const isProposed = 'state' in object && object.state === 'proposed';
      if (isProposed && op !== 'propose' && this.#objects.get(id)?.state !== 'proposed')
        return `Only the model proposes objects; ${id} is accepted.`;
      next.set(id, object);
    }
    const areas = new Map<number, number>();
    let refusal: string | undefined;
    const isPresent = (id: number) => {
      const object = next.get(id) ?? this.#objects.get(id);
      return object !== undefined && !('removed' in object);
    };
    if (patch) {
      const grow = (label: number, count: number) => {
        if (label !== 0) areas.set(label, (areas.get(label) ?? 0) + count);
      };
      forEachPiece(patch, this.width, (start, count, value) => {
        if (value !== 0 && !isPresent(value)) refusal ??= `The label ${value} of the patch has no object.`;
        grow(value, count);
        for (let at = start; at < start + count; at++) grow(this.labels[at]!, -1);
        const object = next.get(value);
        if (op !== 'propose' || !object || this.#reviewed.length === 0) return;
        const piece = { x: start % this.width, y: Math.floor(start / this.width), width: count, height: 1 };
        if (this.#reviewed.some((region) => regionsMeet(region, piece)))
          refusal ??= `The object ${value} is proposed in a reviewed region.`;
      });
    }
    if (refusal !== undefined) return refusal;
    for (const id of new Set([...areas.keys(), ...next.keys()])) {
      const area = this.areaOf(id) + (areas.get(id) ?? 0);
      if (isPresent(id) && area === 0) return `The object ${id} has no pixels, and is not removed.`;
      if (!isPresent(id) && area > 0) return `The object ${id} is removed, but has ${area} pixels.`;
    }
    return undefined;
  }

  /** A region is reviewed when nothing in it is merely proposed. */
  #refusalOfReview({ x, y, width, height }: Rect): string | undefined {
    for (let row = y; row < y + height; row++) {
      let last = 0;
      for (let at = row * this.width + x, end = at + width; at < end; at++) {
        const label = this.labels[at]!;
        if (label === last) continue;
        last = label;
        if (label === 0 || this.#objects.get(label)!.state !== 'proposed') continue;
        return `The object ${label} in the region is only proposed: accept or reject it first.`;
      }
    }
    return undefined;
  }
}
