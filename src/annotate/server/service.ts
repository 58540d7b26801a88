/** Everything that the page can ask for, without HTTP. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { writtenPlanes, type PlaneChoice } from '../../data/image/plane-choice.js';
import { paintMasks } from '../../data/geometry/mask.js';
import { openDataset } from '../../data/read/dataset.js';
import type { ImageEntry } from '../../data/read/layout.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { EventDraft } from '../protocol/event.js';
import type {
  Acknowledgement,
  ChannelInfo,
  ExportAnswer,
  ImageInfo,
  ProposeRequest,
  SegmentAnswer,
  MaskRequest,
  SessionInfo,
  TrainStatus,
} from '../protocol/messages.js';
import { patchOfValues } from '../protocol/patch.js';
import type { EventOutcome } from './annotation.js';
import type { Assistant } from './assistant.js';
import { channelOf, channelsOf } from './channels.js';
import { exportAnnotations, exportFormats } from './export-annotations.js';
import { ImageQueue, type QueueOptions } from './queue.js';
import { Trainer } from './train/trainer.js';
import { type OpenImage, Workplace, type WorkplaceOptions } from './workplace.js';

export interface ServiceOptions extends WorkplaceOptions, QueueOptions {
  /** Model folder; absent to annotate without a model. TensorFlow must have been started for one. */
  readonly model?: string | undefined;
  /** Of nucleate. */
  readonly version: string;
}

export class AnnotationService {
  readonly trainer: Trainer;
  readonly queue: ImageQueue;
  readonly #workplace: Workplace;
  readonly #assistant: Assistant | undefined;
  readonly #version: string;
  readonly #planes: PlaneChoice;
  /** The masks that the images came with, by file. */
  readonly #own: ReadonlyMap<string, ImageEntry>;
  readonly #close: () => Promise<void>;

  private constructor(
    workplace: Workplace,
    parts: {
      readonly assistant: Assistant | undefined;
      readonly queue: ImageQueue;
      readonly trainer: Trainer;
      readonly own: ReadonlyMap<string, ImageEntry>;
      readonly close: () => Promise<void>;
    },
    { version, planes }: ServiceOptions,
  ) {
    this.#workplace = workplace;
    this.#assistant = parts.assistant;
    this.queue = parts.queue;
    this.trainer = parts.trainer;
    this.#own = parts.own;
    this.#close = parts.close;
    this.#version = version;
    this.#planes = planes;
  }

  /**
   * Opens a folder of images for one annotator.
   *
   * @returns The caller closes it.
   * @throws {NucleateError} As {@link Workplace.open}, {@link Assistant.open} and {@link ImageQueue.open}.
   */
  static async open(options: ServiceOptions): Promise<AnnotationService> {
    const workplace = await Workplace.open(options);
    let assistant: Assistant | undefined;
    try {
      const controls = new Set<string>();
      const { model } = options;
      const trainer = new Trainer(workplace, {
        ...{ model: model ?? '', controls },
        serving: () => assistant!.about.hash,
        onModel: (folder) => assistant!.replace(folder),
      });
      if (model !== undefined) {
        const { Assistant } = await import('./assistant.js');
        assistant = await Assistant.open(trainer.lastModel ?? model);
      }
      const queue = await ImageQueue.open(workplace, assistant, options);
      for (const name of queue.controls) controls.add(name);
      const { own, close } = await ownMasks(options);
      return new AnnotationService(workplace, { assistant, queue, trainer, own, close }, options);
    } catch (error) {
      await assistant?.close();
      await workplace.close();
      throw error;
    }
  }

  get session(): SessionInfo {
    const { folder, annotator, readOnly } = this.#workplace;
    return {
      ...{ version: this.#version, dataset: path.basename(folder), annotator, readOnly },
      model: this.#assistant?.about ?? null,
      // A fine-tuning reads the only image of each file.
      canTrain: this.#assistant !== undefined && !readOnly && !writtenPlanes(this.#planes),
      exportFormats,
    };
  }

  /** Number of images. */
  get images(): number {
    return this.#workplace.images.length;
  }

  async describe(index: number): Promise<ImageInfo> {
    const { name, sha256, pixels, annotation } = await this.#open(index);
    const { width, height, objects, reviewed, skipped, seq, hash, nextId, undo, redo } = annotation.state;
    return {
      ...{
        image: index,
        name,
        sha256,
        width,
        height,
        channels: channelsOf(pixels) satisfies readonly ChannelInfo[],
      },
      ...{ objects: [...objects.values()], reviewed, skipped, seq, hash, nextId, undo, redo },
      ...{ isControl: this.queue.controls.has(name), notices: annotation.notices },
    };
  }

  /** Of an image now. */
  async place(index: number): Promise<Acknowledgement> {
    const { seq, hash } = (await this.#open(index)).annotation.state;
    return { seq, hash };
  }

  /** @throws {NucleateError} Exit code 2 without such a channel. */
  async channel(index: number, channel: number): Promise<Buffer> {
    return channelOf((await this.#open(index)).pixels, channel);
  }

  /** A copy of the label map, little-endian, and the event that it is of. */
  async labels(index: number): Promise<{ readonly seq: number; readonly bytes: Buffer }> {
    const { seq, labels } = (await this.#open(index)).annotation.state;
    return { seq, bytes: Buffer.from(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength)) };
  }

  /** Does what a person asks for; only the server makes proposals. */
  async submit(index: number, draft: EventDraft): Promise<EventOutcome> {
    if (draft.op === 'propose' || draft.op === 'import')
      return { kind: 'refused', why: `The server itself does the operation ${draft.op}.` };
    return this.#submit(await this.#open(index), draft);
  }

  /** @throws {NucleateError} Exit code 2 without a model. */
  async segment(index: number, request: MaskRequest): Promise<SegmentAnswer> {
    const { stored } = await this.#open(index);
    return this.#model.segment(stored, request);
  }

  /**
   * Proposes the model's nuclei.
   *
   * @throws {NucleateError} Exit code 2 without a model, or on an image that measures it; 3 for a region outside the image.
   */
  async propose(
    index: number,
    { uuid, prev, session, region }: ProposeRequest,
  ): Promise<EventOutcome | 'nothing'> {
    const { name, stored } = await this.#open(index);
    if (this.queue.controls.has(name)) {
      throw usageError(
        'This image measures the model, so that nothing is proposed on it.',
        'Draw its nuclei by hand.',
      );
    }
    const began = performance.now();
    // Read again when the model is done: the image may have been put away meanwhile.
    const stateNow = async () => (await this.#open(index)).annotation.state;
    const proposal = await this.#model.propose(stored, stateNow, region);
    const image = await this.#open(index);
    const { state } = image.annotation;
    if (!proposal && state.seq === prev) return 'nothing';
    const ms = Math.round(performance.now() - began);
    return this.#submit(image, { op: 'propose', source: 'model', uuid, prev, session, ms, ...proposal });
  }

  async train(minutes: { readonly minutes: number }): Promise<TrainStatus> {
    if (!this.session.canTrain) {
      throw usageError(
        'There is nothing to train here.',
        'Start `nucleate annotate` with --model, and without --channel and --plane.',
      );
    }
    await this.trainer.start(minutes.minutes);
    return this.trainer.status;
  }

  async export(format: string): Promise<ExportAnswer> {
    return exportAnnotations(this.#workplace, format, { version: this.#version, planes: this.#planes });
  }

  /** Stops a training, writes snapshots, and gives the lock back. */
  async close(): Promise<void> {
    await this.trainer.close();
    await this.#assistant?.close();
    await this.#workplace.close();
    await this.#close();
  }

  get #model(): Assistant {
    if (this.#assistant) return this.#assistant;
    throw usageError('There is no model here.', 'Start `nucleate annotate` with --model.');
  }

  #submit(image: OpenImage, draft: EventDraft): EventOutcome {
    const { annotation, index } = image;
    const usesModel = draft.op === 'propose' || draft.op === 'segment';
    const model = usesModel ? this.#assistant?.about.hash : undefined;
    const outcome = annotation.submit(draft, { now: new Date(), model });
    if (outcome.kind !== 'done') return outcome;
    this.queue.note(index, annotation.state);
    if (draft.op === 'review' || draft.op === 'unreview') void this.#workplace.snapshot(image);
    return outcome;
  }

  /** Opens an image; the masks that it came with become its first event. */
  async #open(index: number): Promise<OpenImage> {
    const image = await this.#workplace.open(index);
    const entry = this.#own.get(image.file);
    if (!entry || this.#workplace.readOnly || image.annotation.state.seq > 0) return image;
    const { masks } = await entry.read();
    const { width, height } = image.pixels;
    const { labels, instanceCount } = paintMasks(masks, { width, height });
    if (instanceCount === 0 || image.annotation.state.seq > 0) return image;
    const objects = Array.from({ length: instanceCount }, (_, at) => ({
      ...{ id: at + 1, state: 'accepted' as const, source: 'manual' as const },
    }));
    this.#submit(image, {
      ...{ op: 'import', source: 'manual', uuid: randomUUID(), prev: 0, session: randomUUID(), ms: 0 },
      ...{ patch: patchOfValues({ x: 0, y: 0, width, height }, labels), objects },
    });
    return image;
  }
}

/** The masks that a folder of images came with, in whatever layout; none if there are none, or they cannot be used. */
async function ownMasks({ folder, planes, onNotice }: ServiceOptions) {
  try {
    const dataset = await openDataset(folder, { annotator: null, planes });
    const own = new Map(dataset.images.map((entry) => [path.resolve(entry.place), entry]));
    return { own, close: () => dataset.close() };
  } catch (error) {
    if (!(error instanceof NucleateError)) throw error;
    if (!/^No masks were found/u.test(error.message))
      onNotice(`The masks of the folder are not read: ${error.message}`);
    return { own: new Map<string, ImageEntry>(), close: () => Promise.resolve() };
  }
}

const usageError = (what: string, hint: string) =>
  new NucleateError({ what, hint, exitCode: exitCodes.usage });
