import type { AssembleSettings } from '../config/assemble.js';
import type { DetectorConfig } from '../config/detector.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import { shownRange } from '../data/intensity.js';
import type { Image } from '../data/image.js';
import type { NamedTensors } from '../engine/step.js';
import { assembleInstances } from './assemble/assemble.js';
import type { Candidate } from './assemble/candidate.js';
import type { Segmentation } from './assemble/segmentation.js';
import { type Detection, type Detections, DetectorPredictor } from './detect.js';
import { SegmenterPredictor } from './segment.js';

/** A trained network and the config that it was trained with. */
export interface TrainedNetwork<Config> {
  readonly config: Config;
  /** By the names of the network's variables. */
  readonly weights: NamedTensors;
}

export interface TrainedNetworks {
  readonly detector: TrainedNetwork<DetectorConfig>;
  readonly segmenter: TrainedNetwork<SegmenterConfig>;
}

/** Both stages: boxes, then the nucleus in each box. */
export class NucleusPredictor {
  readonly #detector: DetectorPredictor;
  readonly #segmenter: SegmenterPredictor;
  readonly #networks: TrainedNetworks;

  /** @param networks Their weights are copied, and not disposed. */
  constructor(networks: TrainedNetworks, { mode }: { readonly mode: 'compiled' | 'eager' }) {
    this.#networks = networks;
    const { detector, segmenter } = networks;
    this.#detector = new DetectorPredictor({ config: detector.config, mode });
    this.#segmenter = new SegmenterPredictor({ config: segmenter.config, mode });
    this.#detector.load(detector.weights);
    this.#segmenter.load(segmenter.weights);
  }

  /**
   * Finds the nuclei of an image.
   *
   * @param image At least 1 x 1 px.
   */
  async segment(image: Image, settings: AssembleSettings): Promise<Segmentation> {
    const { candidates } = await this.candidates(image, settings.scoreThreshold);
    return assembleInstances(image, candidates, settings);
  }

  /**
   * What both networks say, before any of it is chosen.
   *
   * @param leastScore Less sure detections are left out; the segmenter need not look at them.
   */
  async candidates(
    image: Image,
    leastScore: number,
  ): Promise<{ readonly candidates: readonly Candidate[]; readonly omitted: number }> {
    const { detections, omitted } = await this.detect(image);
    const kept = detections.filter(({ score }) => score >= leastScore);
    return { candidates: await this.#cutOut(image, kept), omitted };
  }

  /** The boxes alone. */
  detect(image: Image): Promise<Detections> {
    const intensity = shownRange(image, this.#networks.detector.config.data.intensity);
    return this.#detector.detect({ image, ...(intensity && { intensity }) });
  }

  /** The nucleus in each box, in the order of the boxes. */
  async #cutOut(image: Image, detections: readonly Detection[]): Promise<Candidate[]> {
    const intensity = shownRange(image, this.#networks.segmenter.config.data.intensity);
    const boxes = Float32Array.from(detections.flatMap(({ box }) => [box.x1, box.y1, box.x2, box.y2]));
    const crops = await this.#segmenter.segment({ image, ...(intensity && { intensity }) }, boxes);
    return crops.map(({ x, y, side, size, body, border }, index) => ({
      ...detections[index]!,
      window: { x, y, side },
      ...{ size, body, border },
    }));
  }

  dispose(): void {
    this.#detector.dispose();
    this.#segmenter.dispose();
  }
}
