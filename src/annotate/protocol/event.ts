/** What is done to an image, as the page sends it and as the log keeps it. */
import type { Rect } from '../../data/geometry/rect.js';
import type { Patch } from './patch.js';

export const operations = [
  'import',
  'propose',
  'accept',
  'reject',
  'brush',
  'erase',
  'lasso',
  'segment',
  'split',
  'merge',
  'fill',
  'smooth',
  'delete',
  'review',
  'unreview',
  'skip',
  'undo',
  'redo',
] as const;

export type Operation = (typeof operations)[number];

/** `proposed`: nobody has looked at it yet. */
export const objectStates = ['proposed', 'accepted'] as const;

/** Who drew its outline: the model, an expert who changed it, or an expert alone. */
export const objectSources = ['model', 'edited', 'manual'] as const;

/** One nucleus; its pixels are those of the label map with its id. */
export interface AnnotatedNucleus {
  /** From 1. Ids are not used again. */
  readonly id: number;
  readonly state: (typeof objectStates)[number];
  readonly source: (typeof objectSources)[number];
  /** Of the model, 0 to 1; absent where a person drew it. */
  readonly score?: number | undefined;
}

/** The new state of an object, or that it is gone. */
export type ObjectChange = AnnotatedNucleus | { readonly id: number; readonly removed: true };

/** What an event does. */
export interface EventBody {
  readonly op: Operation;
  /** Who is behind the operation: the model (`propose`) or a person. */
  readonly source: (typeof objectSources)[number];
  /** New labels. Every label that is new has an object in `objects`; one without pixels left is `removed` there. */
  readonly patch?: Patch | undefined;
  /** Each object that changes otherwise than in its pixels. */
  readonly objects?: readonly ObjectChange[] | undefined;
  /** Of `review`, `unreview` and `import`: where somebody has looked for every nucleus, or has not after all. */
  readonly region?: Rect | undefined;
  /** Of `undo` and `redo`: the `seq` of the event that is undone or done again, the last one of `AnnotationState`. It has nothing else. */
  readonly undoes?: number | undefined;
  /** Of `skip`: why. */
  readonly reason?: string | undefined;
}

/** What the page sends: an event that is not in the log yet. */
export interface EventDraft extends EventBody {
  /** Of this event: a UUID. Sent twice, it is done once. */
  readonly uuid: string;
  /** `seq` of the last event that the page knows; 0 for none. */
  readonly prev: number;
  /** Of the tab: a UUID. */
  readonly session: string;
  /** How long the person worked for it, ms. */
  readonly ms: number;
  /** Clicks and strokes that it took; absent: 1. */
  readonly clicks?: number | undefined;
}

/** A line of the log. */
export interface AnnotationEvent extends EventDraft {
  /** Version of the format of the line. */
  readonly v: 1;
  /** From 1, without gaps. */
  readonly seq: number;
  /** When the server wrote it, ISO 8601. */
  readonly time: string;
  /** SHA-256 of the image file, and its size in px, so that a log can be read without it. */
  readonly image: string;
  readonly width: number;
  readonly height: number;
  /** Hash of the model that made the masks; absent where none took part. */
  readonly model?: string | undefined;
}
