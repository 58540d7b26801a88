import { z } from 'zod';

/** A dataset that a network was trained on, as far as it was used. */
export const TrainedDataset = z.strictObject({
  /** The last part of its path, or what a public dataset is called. */
  name: z.string(),
  sha256: z.hash('sha256'),
  /** Those that the network was trained on. */
  images: z.int().min(0),
  nuclei: z.int().min(0),
  /** Empty where unknown. */
  annotators: z.array(z.string()),
  /** Null where unknown. */
  licence: z.string().nullable(),
});

/** A network whose weights another one began from. */
export const Ancestor = z.strictObject({
  /** Name of the run, or of the file. */
  name: z.string(),
  /** Null where unknown. */
  step: z.int().min(0).nullable(),
  /** Null where unknown; empty for a published network. */
  datasets: z.array(TrainedDataset).nullable(),
});

/** What a network has learnt from. */
export const TrainingHistory = z.strictObject({
  datasets: z.array(TrainedDataset),
  /** The oldest first. */
  ancestors: z.array(Ancestor),
  /** Of every image that trained the network or an ancestor: base64, see `encodeFingerprints`. */
  fingerprints: z.base64(),
});

export type TrainedDataset = z.output<typeof TrainedDataset>;
export type Ancestor = z.output<typeof Ancestor>;
export type TrainingHistory = z.output<typeof TrainingHistory>;
