/** What the model does for the person who annotates: masks of boxes and clicks, and proposals. */
import type { AssembleSettings } from '../../config/assemble.js';
import { type Box, boxIou } from '../../data/geometry/box.js';
import type { Rect } from '../../data/geometry/rect.js';
import type { StoredImage } from '../../data/image/stored-image.js';
import { buildModel, type Model } from '../../model/model.js';
import { madeWith } from '../../model/made-with.js';
import { readModelFolder } from '../../model/model-folder.js';
import { settingsFor } from '../../model/segment-settings.js';
import { assembleMasks } from '../../predict/assemble/assemble.js';
import { type CandidateMask, maskOf } from '../../predict/assemble/candidate-mask.js';
import { pasteCandidate } from '../../predict/assemble/candidate.js';
import type { SegmentAnswer, MaskRequest } from '../protocol/messages.js';
import { patchOfValues } from '../protocol/patch.js';
import type { AnnotationState } from '../protocol/state.js';
import { type Sight, sightOf } from './doubt.js';
import { type Proposal, proposalOf } from './proposal.js';

/** A model that answers one question after the other; the runtime must have been started. */
export class Assistant {
  #folder: string;
  #model: Model;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, model: Model) {
    this.#folder = folder;
    this.#model = model;
  }

  /** @throws {NucleateError} Exit code 6 for what is no model folder, or a damaged one. */
  static async open(folder: string): Promise<Assistant> {
    return new Assistant(folder, buildModel(await readModelFolder(folder)));
  }

  /** Of the model that answers now. */
  get folder(): string {
    return this.#folder;
  }

  get about(): { readonly name: string; readonly hash: string } {
    const { file } = this.#model;
    return { name: file.name, hash: madeWith(file).model.sha256 };
  }

  /** How it turns the output of its networks into nuclei. */
  get settings(): AssembleSettings {
    return this.#model.file.assemble;
  }

  /** Answers with another model from now on. @throws {NucleateError} As {@link open}; then the old one stays. */
  async replace(folder: string): Promise<void> {
    const next = buildModel(await readModelFolder(folder));
    await this.#afterOthers(() => {
      this.#model.dispose();
      this.#model = next;
      this.#folder = folder;
      return Promise.resolve();
    });
  }

  /** The nucleus in a box, or at a point of the image. */
  async segment(image: StoredImage, request: MaskRequest): Promise<SegmentAnswer> {
    return this.#afterOthers(async () => {
      const boxes = 'box' in request ? [ordered(request.box)] : boxesAround(request.point, this.#typicalSide);
      const masks = await this.#masksIn(image, boxes);
      const shown = 'box' in request ? masks : masks.filter((mask) => contains(mask, request.point));
      const [best] = shown.sort((one, other) => fitOf(other) - fitOf(one));
      return best ? this.#tidy(best) : { mask: null, score: 0 };
    });
  }

  /** The model's nuclei where nothing is yet and nobody has reviewed; undefined without any. */
  async propose(
    image: StoredImage,
    stateNow: () => AnnotationState | Promise<AnnotationState>,
    region?: Rect,
  ): Promise<Proposal | undefined> {
    return this.#afterOthers(async () => {
      const found = await this.#model.segment(image, region ? { region } : {});
      return proposalOf(found, await stateNow());
    });
  }

  /** What the model sees in an image before any threshold; for the queue. */
  async look(image: StoredImage): Promise<Sight> {
    return this.#afterOthers(() => sightOf(this.#model.predictor, image));
  }

  async close(): Promise<void> {
    await this.#afterOthers(() => {
      this.#model.dispose();
      return Promise.resolve();
    });
  }

  /** px of the image: the side of a typical nucleus. */
  get #typicalSide(): number {
    const { sizes, config } = this.#model.file.detector;
    return (sizes?.typical ?? usualSide) / config.loader.zoom;
  }

  async #masksIn(image: StoredImage, boxes: readonly Box[]): Promise<CandidateMask[]> {
    const detections = boxes.map((box) => ({ box, score: 1 }));
    const candidates = await this.#model.predictor.segmentBoxes(image, detections);
    const { assemble } = settingsFor(this.#model.file, image, {});
    const settings = { ...assemble, scoreThreshold: 0, scoreBy: 'product' as const };
    return candidates.flatMap((candidate) => maskOf(pasteCandidate(candidate, image), settings) ?? []);
  }

  /** The mask as the model would draw it: one piece, without holes. */
  #tidy({ box, detection, ...mask }: CandidateMask): SegmentAnswer {
    const rect = { x: box.x1, y: box.y1, width: box.x2 - box.x1, height: box.y2 - box.y1 };
    const inRect = { ...mask, detection, box: { x1: 0, y1: 0, x2: rect.width, y2: rect.height } };
    const settings = { ...this.#model.file.assemble, minArea: 1, maxArea: null, border: 'keep' as const };
    const { labelImage, instances } = assembleMasks(rect, [inRect], settings);
    if (instances.length === 0) return { mask: null, score: 0 };
    return { mask: patchOfValues(rect, labelImage.labels), score: mask.score };
  }

  #afterOthers<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** px of the network input: the median nucleus of the 2018 Data Science Bowl is about 21 px wide at zoom 1. */
const usualSide = 21;

/** A batch of the segmenter has eight crops at least, so that eight boxes cost as much as one. */
const boxesOfPoint = 8;

/** Boxes of different sizes around a point: from half of a typical side to three times, in equal ratios. */
function boxesAround({ x, y }: { readonly x: number; readonly y: number }, side: number): Box[] {
  return Array.from({ length: boxesOfPoint }, (_, index) => {
    const half = (side / 4) * 6 ** (index / (boxesOfPoint - 1));
    return { x1: x - half, y1: y - half, x2: x + half, y2: y + half };
  });
}

const ordered = ({ x1, y1, x2, y2 }: Box): Box => ({
  x1: Math.min(x1, x2),
  y1: Math.min(y1, y2),
  x2: Math.max(x1, x2),
  y2: Math.max(y1, y2),
});

function contains(
  { box, values }: CandidateMask,
  point: { readonly x: number; readonly y: number },
): boolean {
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  if (x < box.x1 || x >= box.x2 || y < box.y1 || y >= box.y2) return false;
  return values[(y - box.y1) * (box.x2 - box.x1) + x - box.x1] !== 0;
}

/** A box fits its nucleus if the nucleus fills it, and is sure. */
const fitOf = ({ box, detection, score }: CandidateMask) => score * boxIou(box, detection.box);
