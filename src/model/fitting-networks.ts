import { buildDetector } from '../models/detector/detector.js';
import { requireFittingWeights } from '../models/fitting-weights.js';
import type { NetworkPair } from '../models/network.js';
import { buildSegmenter } from '../models/segmenter/network.js';
import { weightsOf } from '../models/weights.js';

/**
 * Rejects networks whose weights are not exactly those that their configs ask for, before they become a model that nobody
 * can open. The runtime must have been started.
 *
 * @throws {NucleateError} Exit code 6 with what differs.
 */
export function requireFittingNetworks({ detector, segmenter }: NetworkPair): void {
  const { model, tiles } = detector.config;
  const boxes = buildDetector(model, { size: tiles.size, seed: null });
  try {
    requireFittingWeights(boxes.weights.all, detector.weights, {
      network: 'detector',
      where: detector.source,
    });
  } finally {
    boxes.dispose();
  }
  const { loader } = segmenter.config;
  const masks = buildSegmenter({ ...segmenter.config.model, size: loader.cropSize, seed: null });
  try {
    requireFittingWeights(weightsOf(masks).all, segmenter.weights, {
      network: 'segmenter',
      where: segmenter.source,
    });
  } finally {
    masks.dispose();
  }
}
