/** The annotation of one image by one annotator: its log, and the state that the log makes. */
import { damagedLog } from '../../data/read/annotations-folder.js';
import type { Size } from '../../data/geometry/rect.js';
import type { AnnotationEvent, EventDraft } from '../protocol/event.js';
import { replay } from '../protocol/log.js';
import type { AnnotationState } from '../protocol/state.js';
import { LogWriter, readLogFile } from './log-file.js';

/** The image that is annotated. */
export interface AnnotatedFile extends Size {
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/** What becomes of an event. */
export type EventOutcome =
  | { readonly kind: 'done'; readonly event: AnnotationEvent; readonly hash: string }
  | { readonly kind: 'stale'; readonly missing: readonly AnnotationEvent[] }
  | { readonly kind: 'refused'; readonly why: string };

export class ImageAnnotation {
  readonly state: AnnotationState;
  /** Sentences about the log. */
  readonly notices: readonly string[];
  readonly #image: AnnotatedFile;
  readonly #events: AnnotationEvent[];
  /** By the name of the event: its `seq`, and the hash of the state after it. */
  readonly #done = new Map<string, { readonly seq: number; readonly hash: string }>();
  readonly #writer: LogWriter;

  /**
   * Reads the log, if there is one.
   *
   * @param file Of the log.
   * @throws {NucleateError} Exit code 3 for a damaged log, 8 if it cannot be read.
   */
  constructor(file: string, image: AnnotatedFile) {
    const { events, length, torn } = readLogFile(file);
    this.#image = image;
    this.#events = [...events];
    this.#writer = new LogWriter(file, { length, torn });
    try {
      this.state = replay(events, image, ({ uuid, seq }, { hash }) => this.#done.set(uuid, { seq, hash }));
    } catch (error) {
      throw damagedLog(file, error);
    }
    this.notices =
      torn === 0
        ? []
        : [
            `The last line of the log was not written to its end (${torn} bytes), and is left out; it was never confirmed.`,
          ];
  }

  /** SHA-256 of the image that the log is of; undefined for an empty log. */
  get imageOfLog(): string | undefined {
    return this.#events[0]?.image;
  }

  get events(): readonly AnnotationEvent[] {
    return this.#events;
  }

  /**
   * Does an event: checks it, writes it, and applies it. One that is already in the log is not done again.
   *
   * @param model Hash of the model that takes part.
   * @throws {NucleateError} Exit code 8 if it cannot be written; then nothing has changed.
   */
  submit(
    draft: EventDraft,
    { now, model }: { readonly now: Date; readonly model?: string | undefined },
  ): EventOutcome {
    const known = this.#done.get(draft.uuid);
    if (known) return { kind: 'done', event: this.#events[known.seq - 1]!, hash: known.hash };
    const { state } = this;
    if (draft.prev !== state.seq) {
      if (draft.prev > state.seq) return { kind: 'refused', why: `There is no event ${draft.prev} yet.` };
      return { kind: 'stale', missing: this.#events.slice(draft.prev) };
    }
    const why = state.refusal(draft);
    if (why !== undefined) return { kind: 'refused', why };
    const { sha256: image, width, height } = this.#image;
    const event: AnnotationEvent = {
      ...{ v: 1, seq: state.seq + 1, time: now.toISOString() },
      ...draft,
      ...{ image, width, height },
      ...(model !== undefined && { model }),
    };
    this.#writer.append(event);
    state.apply(event, event.seq);
    this.#events.push(event);
    const { hash } = state;
    this.#done.set(event.uuid, { seq: event.seq, hash });
    return { kind: 'done', event, hash };
  }

  close(): void {
    this.#writer.close();
  }
}
