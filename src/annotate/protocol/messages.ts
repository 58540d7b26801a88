/** What the page and the server say to each other. Every request has `Authorization: Bearer TOKEN`; the token is the fragment of the page's address. */
import type { Box } from '../../data/geometry/box.js';
import type { Rect, Size } from '../../data/geometry/rect.js';
import type { AnnotatedNucleus, AnnotationEvent } from './event.js';
import type { Patch } from './patch.js';
import type { UndoEntry } from './state.js';

/** The largest body that the server reads, bytes. */
export const maxBodyBytes = 8 * 2 ** 20;

/** A tab names itself here, beside in its events: a UUID. */
export const sessionHeader = 'x-nucleate-session';

/** Of raw labels and of every acknowledgement: `seq` of the last event in them. */
export const seqHeader = 'x-nucleate-seq';

/** The answer to everything that did not work. */
export interface Failure {
  /** One sentence. */
  readonly error: string;
  /** What the person can do; absent where there is nothing. */
  readonly hint?: string | undefined;
}

/** `GET /api/session`. */
export interface SessionInfo {
  /** Of nucleate. */
  readonly version: string;
  /** Name of the dataset folder. */
  readonly dataset: string;
  readonly annotator: string;
  /** Nothing can be changed. */
  readonly readOnly: boolean;
  /** The model that proposes and segments now; null without one. */
  readonly model: { readonly name: string; readonly hash: string } | null;
  readonly canTrain: boolean;
  readonly exportFormats: readonly string[];
}

/** `GET /api/queue`. */
export interface Queue {
  readonly strategy: 'random' | 'doubtful';
  /** In the order in which they should be looked at. */
  readonly items: readonly QueueItem[];
}

/** An image, or a region of one, to be looked at. */
export interface QueueItem extends Size {
  /** Index of the image: the N of `/api/images/N`. */
  readonly image: number;
  /** File name; text, never markup. */
  readonly name: string;
  /** Absent: the whole image. */
  readonly region?: Rect | undefined;
  readonly state: 'new' | 'started' | 'reviewed' | 'skipped';
  /** Kind of image: 'fluorescence', for example. */
  readonly stratum: string;
  /** Why it is at this place. */
  readonly chosen: 'random' | 'doubtful';
  /** It measures the model: nothing is ever proposed on it, and nothing is learnt from it. */
  readonly isControl: boolean;
}

/** `GET /api/images/N`. */
export interface ImageInfo extends Size {
  readonly image: number;
  readonly name: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly channels: readonly ChannelInfo[];
  readonly objects: readonly AnnotatedNucleus[];
  readonly reviewed: readonly Rect[];
  readonly skipped: string | null;
  readonly seq: number;
  readonly hash: string;
  readonly nextId: number;
  readonly undo: readonly UndoEntry[];
  readonly redo: readonly UndoEntry[];
  readonly isControl: boolean;
  /** Sentences about the log, for example that its last line was torn. */
  readonly notices: readonly string[];
}

/** `GET /api/images/N/pixels?channel=K`: `width * height` values, row by row, of 8 bits, or of 16 bits little-endian. */
export interface ChannelInfo {
  readonly name: string;
  readonly bits: 8 | 16;
  /** Smallest and largest value. */
  readonly min: number;
  readonly max: number;
  /** How it is shown at first, as in `#ff0000`. */
  readonly colour: string;
}

/**
 * The answer to `POST /api/images/N/events` with an `EventDraft`, and to `POST /api/images/N/propose`: the event is on the
 * disk. 409: it is refused. 412: a {@link StaleAnswer}. 507: the disk is full or read-only, and nothing was kept.
 */
export interface Acknowledgement {
  readonly seq: number;
  /** {@link AnnotationState.hash} after the event. */
  readonly hash: string;
  /** As it was written; absent if the page has sent all of it. */
  readonly event?: AnnotationEvent | undefined;
}

/** Status 412: others have written since `prev`. */
export interface StaleAnswer extends Failure {
  readonly seq: number;
  readonly hash: string;
  /** All events after `prev`. */
  readonly missing: readonly AnnotationEvent[];
}

/** `POST /api/images/N/segment`: the nucleus in a box, or at a point. Nothing is changed. */
export type MaskRequest =
  { readonly box: Box } | { readonly point: { readonly x: number; readonly y: number } };

export interface SegmentAnswer {
  /** Values 0 and 1, over the rectangle; null if no nucleus was found. */
  readonly mask: Patch | null;
  /** Mean probability of the pixels of the mask, 0 to 1. */
  readonly score: number;
}

/** `POST /api/images/N/propose`: the model's nuclei where nothing is yet and nobody has reviewed; the server makes the event. */
export interface ProposeRequest {
  readonly uuid: string;
  readonly prev: number;
  readonly session: string;
  /** Absent: the whole image. */
  readonly region?: Rect | undefined;
}

/** `POST /api/train`; `POST /api/train/stop` has an empty object. Both and `GET /api/train` answer with a {@link TrainStatus}. */
export interface TrainingRequest {
  readonly minutes: number;
}

export interface TrainStatus {
  readonly state: 'idle' | 'running' | 'done' | 'failed' | 'stopped';
  /** What it does now, or why it failed: a sentence. */
  readonly message: string;
  /** 0 to 1. */
  readonly progress: number;
  /** Finished ones, oldest first. */
  readonly rounds: readonly TrainRound[];
}

/** A training from the page, and the work that went before it. */
export interface TrainRound {
  /** From 1. */
  readonly round: number;
  /** ISO 8601. */
  readonly finished: string;
  /** Of work since the round before, all annotators of this server. */
  readonly minutes: number;
  readonly clicks: number;
  /** Nuclei drawn, changed, accepted, rejected or deleted since the round before. */
  readonly nuclei: number;
  /** Images with a reviewed region. */
  readonly images: number;
  /** Score on the control images, 0 to 1; null without any that is reviewed. */
  readonly before: number | null;
  readonly after: number | null;
  /** Whether the model that it made serves since; one that is worse on the control images does not. */
  readonly isTaken: boolean;
  /** Hash of the model that serves since. */
  readonly model: string;
}

/** `POST /api/export`. */
export interface ExportRequest {
  readonly format: string;
}

export interface ExportAnswer {
  /** Where the files lie on the machine of the server. */
  readonly folder: string;
  readonly images: number;
  readonly nuclei: number;
}
