import type { AssembleSettings } from '../config/assemble.js';
import type { PredictSettings } from '../config/predict.js';
import { greyIfEqual } from '../data/image/grey.js';
import { shownRange } from '../data/image/intensity.js';
import type { Box } from '../data/geometry/box.js';
import type { Pixels } from '../data/image/stored-image.js';
import { Lanes } from '../engine/lanes.js';
import type { Mode } from '../engine/step.js';
import type { SizedDetector, NetworkPair } from '../models/network.js';
import { assembleMasks } from './assemble/assemble.js';
import { type CandidateMask, maskOf } from './assemble/candidate-mask.js';
import { type Candidate, pasteCandidate } from './assemble/candidate.js';
import type { Segmentation } from './assemble/segmentation.js';
import { averageCandidates } from './average-candidates.js';
import { detectViews } from './detect-views.js';
import { segmentDetections } from './segment-detections.js';
import { type DetectedImage, type Detection, type Detections, DetectorPredictor } from './detect.js';
import { betterZoom } from './second-pass.js';
import { SegmenterPredictor } from './segment.js';
import { type TtaView, ttaViews } from './tta.js';
import { usualZoom } from './usual-zoom.js';

export interface NucleusPredictorOptions {
  readonly mode: Mode;
  /** Default: no test-time augmentation, no second pass, and the zoom of training for all images. */
  readonly predict?: PredictSettings;
}

export interface NucleusOptions {
  /**
   * px of the network input for a px of the image; default: that of training, less for images with a dark background where the
   * settings say so, or what a second pass finds.
   */
  readonly zoom?: number | undefined;
  /** Called now and then with the fraction of the work that is done, 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

export interface MaskOptions extends NucleusOptions {
  /** px of the image, half-open. */
  readonly region?: Box | undefined;
}

/**
 * Both stages: boxes, then the nucleus in each box. Of an ensemble, the boxes of all detectors are fused as those of several views
 * (weighted boxes fusion, see `tta.ts`), and the probabilities of all segmenters in a box are averaged.
 */
export class NucleusPredictor {
  // Without the weights, so that their memory is free once the predictors have them.
  readonly #detectors: readonly {
    readonly network: Pick<SizedDetector, 'config' | 'sizes'>;
    readonly predictor: DetectorPredictor;
  }[];
  readonly #segmenters: readonly {
    readonly network: Pick<NetworkPair['segmenter'], 'config'>;
    readonly predictor: SegmenterPredictor;
  }[];
  readonly #predict: PredictSettings;

  /**
   * The runtime must have been started.
   *
   * @param networks A detector without `sizes` is taken to know the sizes of DSB2018.
   * @throws {NucleateError} Exit code 6 unless the weights are exactly those of the networks.
   */
  constructor(networks: NetworkPair, { mode, predict }: NucleusPredictorOptions) {
    this.#predict = predict ?? { tta: [], secondPass: false, darkZoom: 1 };
    const { detector, segmenter, others } = networks;
    const lanes = new Lanes();
    this.#detectors = [detector, ...(others?.detectors ?? [])].map((network) => ({
      network: { config: network.config, sizes: network.sizes },
      predictor: new DetectorPredictor({ ...network, mode, frozen: true, lanes }),
    }));
    // Of the views only flips apply to crops: their scale is fixed, and their boxes are already combined from all views.
    const flips = this.#predict.tta.some((name) => name === 'flips' || name === 'turns');
    this.#segmenters = [segmenter, ...(others?.segmenters ?? [])].map((network) => {
      const { config, weights, source } = network;
      const masks = config.inference;
      const predictor = new SegmenterPredictor({
        config: { ...config, inference: { ...masks, tta: masks.tta || flips } },
        ...{ weights, source, mode, frozen: true, lanes },
      });
      return { network: { config }, predictor };
    });
  }

  /**
   * Finds the nuclei of an image.
   *
   * An image on disk is read part by part: one tile and one batch of crops are in memory at a time, besides the label
   * image (4 bytes per px) and the masks of the nuclei. The result is the same as for an image in memory.
   *
   * @param image At least 1 x 1 px.
   */
  async segment(
    image: Pixels,
    settings: AssembleSettings,
    options: NucleusOptions = {},
  ): Promise<Segmentation> {
    return assembleMasks(image, await this.masks(image, settings, options), settings);
  }

  /**
   * The masks that {@link segment} makes the label image of.
   *
   * @param options.region Only those of detections with their centres in it; regions that cover an image without overlap give,
   *   together, exactly the masks of the whole image.
   * @throws {RangeError} For a region of a model with a second pass, whose scale depends on the whole image, without a zoom.
   */
  async masks(
    image: Pixels,
    settings: AssembleSettings,
    { zoom, region, onProgress = () => {} }: MaskOptions = {},
  ): Promise<CandidateMask[]> {
    const onDetected = (fraction: number) => onProgress(fraction / 2);
    const { detections } = await this.detect(image, { zoom, region, onProgress: onDetected });
    const kept = detections.filter(({ score }) => score >= settings.scoreThreshold);
    const masks: CandidateMask[] = [];
    let done = 0;
    for await (const candidate of this.#segmentAll(image, kept)) {
      const mask = maskOf(pasteCandidate(candidate, image), settings);
      if (mask) masks.push(mask);
      done += 1;
      onProgress(0.5 + done / kept.length / 2);
    }
    return masks;
  }

  /**
   * The output of both networks, before masks are assembled.
   *
   * @param minScore Detections with a lower score are left out.
   */
  async candidates(
    image: Pixels,
    minScore: number,
    options: Pick<NucleusOptions, 'zoom'> = {},
  ): Promise<Detections & { readonly candidates: readonly Candidate[] }> {
    const { detections, omitted } = await this.detect(image, options);
    const kept = detections.filter(({ score }) => score >= minScore);
    return { candidates: await this.segmentBoxes(image, kept), detections, omitted };
  }

  /**
   * The detections without masks.
   *
   * @param options.views How the image is shown; default: as the test-time augmentation of the settings says.
   */
  async detect(
    image: Pixels,
    {
      zoom,
      region,
      views = ttaViews(this.#predict.tta),
      onProgress,
    }: MaskOptions & { readonly views?: readonly TtaView[] } = {},
  ): Promise<Detections> {
    if (region && zoom === undefined && this.#predict.secondPass)
      throw new RangeError('Expected a zoom: the second pass measures the whole image');
    const shown = shownTo(image);
    const detectAt = (scale: number | undefined) =>
      detectViews(
        this.#detectors.flatMap(({ network, predictor }) => {
          const input = shown(network);
          const zoomed = scale ?? usualZoom(input, network.config, this.#predict);
          return views.map((view) => predictor.tiled(input, { view, zoom: zoomed }));
        }),
        { ...(region && { region }), ...(onProgress && { onProgress }) },
      );
    const found = await detectAt(zoom);
    if (zoom !== undefined || !this.#predict.secondPass) return found;
    const { config, sizes } = this.#detectors[0]!.network;
    const better = betterZoom(found.detections, config.loader.zoom, sizes);
    return better === undefined ? found : detectAt(better);
  }

  /** The nucleus in the box of each detection, in their order. */
  async segmentBoxes(image: Pixels, detections: readonly Detection[]): Promise<Candidate[]> {
    const candidates: Candidate[] = [];
    for await (const candidate of this.#segmentAll(image, detections)) candidates.push(candidate);
    return candidates;
  }

  #segmentAll(image: Pixels, detections: readonly Detection[]): AsyncGenerator<Candidate> {
    const shown = shownTo(image);
    const each = this.#segmenters.map(({ network, predictor }) =>
      segmentDetections(predictor, shown(network), detections),
    );
    return each.length === 1 ? each[0]! : averageCandidates(each);
  }

  dispose(): void {
    for (const { predictor } of [...this.#detectors, ...this.#segmenters]) predictor.dispose();
  }
}

/** An image as each network sees it; whether its colours are grey is looked at once for all of them. */
function shownTo(
  image: Pixels,
): (network: Pick<SizedDetector | NetworkPair['segmenter'], 'config'>) => DetectedImage {
  const seen = greyIfEqual(image);
  return ({ config }) => {
    const intensity = shownRange(image, config.data.intensity);
    return { image: seen, ...(intensity && { intensity }) };
  };
}
