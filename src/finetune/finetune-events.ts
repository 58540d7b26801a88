import type { StopSignal } from '../train/ending.js';
import type { TrainEvent } from '../train/events.js';
import type { FinetuneResult, FinetuneScore } from './finetune-result.js';

/** What a fine-tuning reports while it runs. The command line shows it; with --json it prints one event a line. */
export type FinetuneEvent =
  | FinetuneStarted
  | { readonly event: 'reading' | 'scoring'; readonly done: number; readonly total: number }
  | { readonly event: 'measuring' | 'choosing' | 'packing' }
  | { readonly event: 'training'; readonly stage: Stage; readonly about: TrainEvent }
  | { readonly event: 'warning'; readonly text: string }
  | FinetuneEnded;

export type Stage = 'detector' | 'segmenter';

/** What it will do; all that comes before changes nothing and is soon repeated. */
export interface FinetuneStarted {
  readonly event: 'plan';
  /** Its folder, for `--resume`. */
  readonly folder: string;
  readonly resumed: boolean;
  readonly model: string;
  readonly out: string;
  readonly learnsFrom: { readonly images: number; readonly nuclei: number; readonly replayed: number };
  readonly validatesOn: {
    readonly images: number;
    readonly nuclei: number;
    readonly ids: readonly string[];
    /** Whether none of them is learnt from. */
    readonly unseen: boolean;
  };
  readonly steps: Readonly<Record<Stage, number>>;
  /** Seconds of a step of each, as measured here, and of all that is left to do; null for a resumed one. */
  readonly seconds: (Readonly<Record<Stage, number>> & { readonly all: number }) | null;
  /** The model as it is. */
  readonly before: FinetuneScore;
}

/** The last event. */
export type FinetuneEnded =
  | ({ readonly event: 'ended'; readonly ending: 'finished'; readonly folder: string } & FinetuneResult)
  | { readonly event: 'ended'; readonly ending: StopSignal; readonly folder: string | null };
