import type { EventBody } from '../../annotate/protocol/event.js';
import { AnnotationState, type Change, type StateParts } from '../../annotate/protocol/state.js';
import type { Rect } from '../../data/geometry/rect.js';
import { BoundsIndex, unionOf } from '../tools/bounds.js';
import { acceptedStyle, proposedStyle } from '../view/styles.js';

/** What an event has done. */
export interface Applied {
  /** Where pixels or the colours of nuclei may have changed; undefined if nowhere. */
  readonly rect: Rect | undefined;
  /** What takes it back. */
  readonly back: Change;
}

/** The annotation of the open image with what the page needs to know of it quickly. */
export class Editor {
  readonly bounds: BoundsIndex;
  #styles: Uint8Array;
  #doubtful: readonly number[] | undefined;

  constructor(readonly state: AnnotationState) {
    this.bounds = new BoundsIndex(state);
    this.#styles = new Uint8Array(state.nextId);
    for (const { id } of state.objects.values()) this.#setStyle(id);
  }

  static of(parts: StateParts): Editor {
    return new Editor(new AnnotationState(parts));
  }

  /** How each label is drawn; another array when there are more labels. */
  get styles(): Uint8Array {
    return this.#styles;
  }

  /** Nuclei that nobody has decided on, the least certain first; those without a score after them. */
  get doubtful(): readonly number[] {
    this.#doubtful ??= [...this.state.objects.values()]
      .filter(({ state }) => state === 'proposed')
      .sort((one, other) => (one.score ?? 1) - (other.score ?? 1) || one.id - other.id)
      .map(({ id }) => id);
    return this.#doubtful;
  }

  /** @param event Must not be refused by the state. */
  apply(event: EventBody, seq: number): Applied {
    const { state } = this;
    const stack = event.op === 'undo' ? state.undo : event.op === 'redo' ? state.redo : undefined;
    const done: Pick<Change, 'patch' | 'objects'> = stack
      ? stack.at(-1)!.change
      : { patch: event.patch, objects: event.objects ?? [] };
    let rect = this.#boundsOf(done.objects);
    state.apply(event, seq);
    const back = (event.op === 'undo' ? state.redo : state.undo).at(-1)!.change;
    if (done.patch && back.patch) {
      this.bounds.update(done.patch, back.patch);
      rect = rect ? unionOf(rect, done.patch) : done.patch;
    }
    const after = this.#boundsOf(done.objects);
    if (after) rect = rect ? unionOf(rect, after) : after;
    for (const { id } of done.objects) this.#setStyle(id);
    if (done.objects.length > 0) this.#doubtful = undefined;
    return { rect, back };
  }

  #boundsOf(objects: readonly { readonly id: number }[]): Rect | undefined {
    let all: Rect | undefined;
    for (const { id } of objects) {
      const rect = this.bounds.get(id);
      if (rect) all = all ? unionOf(all, rect) : rect;
    }
    return all;
  }

  #setStyle(id: number): void {
    if (id >= this.#styles.length) {
      // Twice as long, so that many new nuclei cost a few copies.
      const longer = new Uint8Array(Math.max(id + 1, 2 * this.#styles.length));
      longer.set(this.#styles);
      this.#styles = longer;
    }
    const object = this.state.objects.get(id);
    this.#styles[id] = object ? (object.state === 'proposed' ? proposedStyle : acceptedStyle) : 0;
  }
}
