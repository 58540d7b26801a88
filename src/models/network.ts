import type { DetectorConfig } from '../config/detector.js';
import type { NetworkOrigin, TrainedSizes } from '../config/model-file.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import type { StoredTensors } from '../safetensors/tensor.js';

/** A trained network: its config, its weights, and where they come from. */
export interface Network<Config> {
  readonly config: Config;
  /** Float32, by the names of the network's variables. */
  readonly weights: StoredTensors;
  readonly origin: NetworkOrigin;
  /** The file or folder of the weights, for messages; absent for a network that was never on the disk. */
  readonly source?: string;
}

/** A model folder may also have the sizes of the nuclei that a detector was trained on. */
export type SizedDetector = Network<DetectorConfig> & { readonly sizes?: TrainedSizes | undefined };

/** The networks of both stages. */
export interface NetworkPair {
  readonly detector: SizedDetector;
  readonly segmenter: Network<SegmenterConfig>;
  /** Further networks of an ensemble. */
  readonly others?: OtherNetworks | undefined;
}

export interface OtherNetworks {
  readonly detectors: readonly SizedDetector[];
  readonly segmenters: readonly Network<SegmenterConfig>[];
}
