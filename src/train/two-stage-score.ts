import type { Mode } from '../engine/step.js';
import type { AssembleSettings } from '../config/assemble.js';
import type { DetectorConfig } from '../config/detector.js';
import type { Example } from '../data/read/example.js';
import { evaluateImage, type ImageEvaluation } from '../eval/evaluate-image.js';
import { assembleInstances } from '../predict/assemble/assemble.js';
import type { Candidate } from '../predict/assemble/candidate.js';
import { segmentDetections } from '../predict/segment-detections.js';
import { type Detection, DetectorPredictor } from '../predict/detect.js';
import type { SegmenterPredictor } from '../predict/segment.js';
import type { Network } from '../models/network.js';

/** A trained detector whose boxes a segmenter in training is scored on. */
export interface NamedDetector extends Pick<Network<DetectorConfig>, 'config' | 'weights' | 'source'> {
  /** How boxes and masks are assembled to nuclei. */
  readonly assemble: AssembleSettings;
}

/**
 * The challenge score of both stages on some images: of a fixed detector with the segmenter in training.
 *
 * The detector runs once on each image, before the first score, and is disposed after that.
 */
export class TwoStageScore {
  readonly #examples: readonly Example[];
  readonly #detector: NamedDetector;
  readonly #mode: Mode;
  #boxes: ReadonlyMap<Example, readonly Detection[]> | undefined;

  constructor(examples: readonly Example[], detector: NamedDetector, mode: Mode) {
    this.#examples = examples;
    this.#detector = detector;
    this.#mode = mode;
  }

  /**
   * `twoStage/score` is the challenge score, the mean over images; `twoStage/cluster-<name>/score` the mean over the
   * images of a cluster.
   *
   * @param onProgress Called with the number of images done and in total; throws to stop.
   */
  async metrics(
    segmenter: Pick<SegmenterPredictor, 'segmentAll'>,
    onProgress: (done: number, total: number) => void,
  ): Promise<Record<string, number | null>> {
    this.#boxes ??= await this.#detect(() => onProgress(0, this.#examples.length));
    const scored: ImageEvaluation[] = [];
    for (const example of this.#examples) {
      const { id, cluster, labelImage, ignore } = example;
      const found = await this.#segment(segmenter, example);
      const about = { id, ...(cluster !== undefined && { cluster }), ignore };
      scored.push(evaluateImage(labelImage, found.labelImage, about));
      onProgress(scored.length, this.#examples.length);
    }
    const mean = (part: readonly ImageEvaluation[]) =>
      part.length === 0 ? null : part.reduce((sum, { score }) => sum + score, 0) / part.length;
    const clusters = [...new Set(scored.flatMap(({ cluster }) => cluster ?? []))].sort();
    return {
      'twoStage/score': mean(scored),
      ...Object.fromEntries(
        clusters.map((name) => [
          `twoStage/cluster-${name}/score`,
          mean(scored.filter(({ cluster }) => cluster === name)),
        ]),
      ),
    };
  }

  async #detect(onProgress: () => void): Promise<ReadonlyMap<Example, readonly Detection[]>> {
    const { config, weights, source, assemble } = this.#detector;
    const predictor = new DetectorPredictor({ config, weights, source, mode: this.#mode });
    try {
      const boxes = new Map<Example, readonly Detection[]>();
      for (const example of this.#examples) {
        const { detections } = await predictor.detect(example, { onProgress });
        boxes.set(
          example,
          detections.filter(({ score }) => score >= assemble.scoreThreshold),
        );
      }
      return boxes;
    } finally {
      predictor.dispose();
    }
  }

  async #segment(segmenter: Pick<SegmenterPredictor, 'segmentAll'>, example: Example) {
    const candidates: Candidate[] = [];
    for await (const candidate of segmentDetections(segmenter, example, this.#boxes!.get(example)!))
      candidates.push(candidate);
    return assembleInstances(example.image, candidates, this.#detector.assemble);
  }
}
