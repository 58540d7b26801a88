import type { DetectorConfig } from '../config/detector.js';
import type { TrainedSizes } from '../config/model-file.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import { NucleusPredictor, type NucleusPredictorOptions } from '../predict/nucleus-predictor.js';
import { withStored } from '../models/stored-tensors.js';
import type { StoredNetwork } from './trained-network.js';

type Network<Config> = Pick<StoredNetwork<Config>, 'config' | 'weights'>;

interface Networks {
  readonly detector: Network<DetectorConfig> & { readonly sizes?: TrainedSizes | undefined };
  readonly segmenter: Network<SegmenterConfig>;
}

/**
 * Both stages, of weights as they are stored; the runtime must have been started.
 *
 * @returns The caller disposes it.
 * @throws {RangeError} If the name of a weight is unknown or its shape differs.
 */
export const buildPredictor = (
  { detector, segmenter }: Networks,
  options: Omit<NucleusPredictorOptions, 'sizes'>,
): NucleusPredictor =>
  withStored(detector.weights, (ofDetector) =>
    withStored(segmenter.weights, (ofSegmenter) => {
      const networks = {
        detector: { config: detector.config, weights: ofDetector },
        segmenter: { config: segmenter.config, weights: ofSegmenter },
      };
      return new NucleusPredictor(networks, { ...options, sizes: detector.sizes });
    }),
  );
