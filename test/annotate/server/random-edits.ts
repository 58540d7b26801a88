/** Random edits of an image that a server accepts, and what must be on the disk whatever happens to the server. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { AnnotationEvent, EventDraft, ObjectChange } from '../../../src/annotate/protocol/event.js';
import { readLog, replay } from '../../../src/annotate/protocol/log.js';
import { applyPatch, patchOfValues } from '../../../src/annotate/protocol/patch.js';
import { AnnotationState, emptyParts } from '../../../src/annotate/protocol/state.js';
import type { Random } from '../../../src/random.js';

/** An edit of a random rectangle, an undo or a redo. */
export function randomEdit(state: AnnotationState, random: Random): EventDraft {
  const draft = {
    uuid: randomUUID(),
    prev: state.seq,
    session: randomUUID(),
    ms: 100,
    source: 'manual' as const,
  };
  const kind = random.integer(6);
  const [undone, redone] = [state.undo.at(-1)?.seq, state.redo.at(-1)?.seq];
  if (kind === 0 && undone !== undefined) return { ...draft, op: 'undo', undoes: undone };
  if (kind === 1 && redone !== undefined) return { ...draft, op: 'redo', undoes: redone };
  const width = 1 + random.integer(state.width / 2);
  const height = 1 + random.integer(state.height / 2);
  const x = random.integer(state.width - width + 1);
  const y = random.integer(state.height - height + 1);
  const ids = [...state.objects.keys()];
  const choices = [-1, 0, state.nextId, ...ids.slice(0, 3)];
  const values = Array.from({ length: width * height }, () => choices[random.integer(choices.length)]!);
  const patch = patchOfValues({ x, y, width, height }, values);
  const labels = state.labels.slice();
  applyPatch(labels, state.width, patch);
  const present = new Set(labels);
  const objects: ObjectChange[] = ids.filter((id) => !present.has(id)).map((id) => ({ id, removed: true }));
  if (present.has(state.nextId)) objects.push({ id: state.nextId, state: 'accepted', source: 'manual' });
  return { ...draft, op: 'brush', patch, objects };
}

/** What a client knows of an image: the edits that were confirmed, and the one of which it never heard. */
export class Witness {
  readonly confirmed: EventDraft[] = [];
  /** The same as the server's, if all is well. */
  state = new AnnotationState(emptyParts({ width: 40, height: 30 }));
  unheard: EventDraft | undefined;

  confirm(draft: EventDraft, { seq, hash }: { readonly seq: number; readonly hash: string }): void {
    this.state.apply(draft, seq);
    expect({ seq, hash }).toEqual({ seq: this.confirmed.length + 1, hash: this.state.hash });
    this.confirmed.push(draft);
    this.unheard = undefined;
  }

  /** The log holds each confirmed edit once, in order, and at most the one that was never heard of besides. */
  expectLog(file: string): void {
    const { events } =
      this.confirmed.length === 0 && this.unheard ? readOrNothing(file) : readLog(readFileSync(file));
    const uuids = events.map(({ uuid }) => uuid);
    const known = this.confirmed.map(({ uuid }) => uuid);
    expect(uuids.slice(0, known.length)).toEqual(known);
    expect(uuids.slice(known.length)).toEqual(uuids.length > known.length ? [this.unheard?.uuid] : []);
    const upToHere = replay(events.slice(0, known.length), this.state);
    expect(upToHere.hash).toBe(this.state.hash);
  }
}

function readOrNothing(file: string): { readonly events: readonly AnnotationEvent[] } {
  try {
    return readLog(readFileSync(file));
  } catch {
    return { events: [] };
  }
}
