/** The images of a folder, and what one annotator does on them. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  annotationsMarker,
  annotationsName,
  annotatorPattern,
  logEnding,
} from '../../data/read/annotations-folder.js';
import { imagePart } from '../../data/image/image-part.js';
import { readImage } from '../../data/image/image-io.js';
import type { Image } from '../../data/image/image.js';
import type { PlaneChoice } from '../../data/image/plane-choice.js';
import type { StoredImage } from '../../data/image/stored-image.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { makeFolders } from '../../make-folders.js';
import { readPlainFile } from '../../plain-file.js';
import { listImages } from '../../predict/inputs/list-images.js';
import { writeError } from '../../run/durable-files.js';
import { lockRun, type RunLock } from '../../run/lock/lock.js';
import { ImageAnnotation } from './annotation.js';
import { writeSnapshot } from './snapshot.js';

/** An image file of the folder. */
export interface ListedFile {
  /** From 0: what the page calls it. */
  readonly index: number;
  /** Path below the folder, with `/`. */
  readonly name: string;
  readonly file: string;
  /** Its log is this and `.jsonl`, its snapshot this and `.tif`. */
  readonly stem: string;
}

/** An image that has been read. */
export interface OpenImage extends ListedFile {
  readonly sha256: string;
  readonly pixels: Image;
  /** The same, with what the networks have to know of the whole image counted once. */
  readonly stored: StoredImage;
  readonly annotation: ImageAnnotation;
}

export interface WorkplaceOptions {
  /** Of the images. */
  readonly folder: string;
  readonly annotator: string;
  readonly readOnly: boolean;
  readonly planes: PlaneChoice;
  /** Called with a sentence about the lock, or about files that are left out. */
  readonly onNotice: (notice: string) => void;
}

/** px that are held in memory, all open images together: 4 bytes for the labels and up to 6 for the image. */
const mostPixels = 2 ** 27;

export class Workplace {
  readonly folder: string;
  readonly annotator: string;
  readonly readOnly: boolean;
  readonly images: readonly ListedFile[];
  readonly #planes: PlaneChoice;
  readonly #lock: RunLock | undefined;
  /** By index; the one that was used last comes last. */
  readonly #open = new Map<number, Promise<OpenImage>>();
  #snapshots = Promise.resolve();

  private constructor(
    { folder, annotator, readOnly, planes }: WorkplaceOptions,
    images: readonly ListedFile[],
    lock: RunLock | undefined,
  ) {
    this.folder = folder;
    this.annotator = annotator;
    this.readOnly = readOnly;
    this.images = images;
    this.#planes = planes;
    this.#lock = lock;
  }

  /**
   * Lists the images, and locks the annotator's folder.
   *
   * @throws {NucleateError} Exit code 2 for a name that cannot be one, or a folder without images; 7 if another process
   *   annotates under this name; 8 if nothing can be written.
   */
  static async open(options: WorkplaceOptions): Promise<Workplace> {
    const { annotator, readOnly, onNotice } = options;
    if (!annotatorPattern.test(annotator)) {
      throw new NucleateError({
        what: `\`${annotator}\` cannot be the name of an annotator.`,
        hint: 'Take up to 40 letters, digits, - and _.',
        exitCode: exitCodes.usage,
      });
    }
    const folder = realpathSync(options.folder);
    const images = await imagesOf(folder, annotator, onNotice);
    const lock = readOnly ? undefined : await lockAnnotator(folder, annotator, onNotice);
    return new Workplace({ ...options, folder }, images, lock);
  }

  /** `annotations` in the folder of the images. */
  get annotations(): string {
    return path.join(this.folder, annotationsName);
  }

  /**
   * Opens an image with its annotation; one that is open is the same object.
   *
   * @throws {RangeError} Without such an image.
   * @throws {NucleateError} Exit code 3 if the image cannot be read, or is not the one that was annotated; as {@link ImageAnnotation}.
   */
  async open(index: number): Promise<OpenImage> {
    const listed = this.images[index];
    if (!listed) throw new RangeError(`Expected an image below ${this.images.length}, received ${index}`);
    const known = this.#open.get(index);
    const opened = known ?? this.#read(listed);
    this.#open.delete(index);
    this.#open.set(index, opened);
    try {
      return await opened;
    } catch (error) {
      this.#open.delete(index);
      throw error;
    } finally {
      if (!known) await this.#makeRoom();
    }
  }

  /**
   * Writes the snapshot of an image after those that are being written, unless nothing may be written. One that cannot be
   * written is left: it can be made anew, and a full disk has been told with the event that did not fit.
   */
  snapshot({ stem, annotation }: OpenImage): Promise<void> {
    if (this.readOnly || annotation.state.seq === 0) return Promise.resolve();
    this.#snapshots = this.#snapshots.then(() => writeSnapshot(stem, annotation.state)).catch(() => {});
    return this.#snapshots;
  }

  /** Writes the snapshots of all open images, and gives the lock back. */
  async close(): Promise<void> {
    for (const opened of [...this.#open.values()]) {
      const image = await opened.catch(() => undefined);
      if (image) await this.#put(image);
    }
    this.#open.clear();
    this.#lock?.release();
  }

  async #read(listed: ListedFile): Promise<OpenImage> {
    const bytes = await readPlainFile(listed.file).catch((cause: Error) => {
      throw new NucleateError(
        {
          what: `The image cannot be read: ${cause.message}.`,
          where: listed.file,
          hint: 'Check that it is still there.',
          exitCode: exitCodes.data,
        },
        { cause },
      );
    });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const pixels = await readImage(bytes, listed.file, this.#planes);
    const { width, height } = pixels;
    const annotation = new ImageAnnotation(listed.stem + logEnding, { sha256, width, height });
    const { imageOfLog = sha256 } = annotation;
    if (imageOfLog !== sha256) throw changedImage(listed);
    const stored = imagePart(pixels, { x: 0, y: 0, width, height });
    return { ...listed, sha256, pixels, stored, annotation };
  }

  /** Closes the images that have not been used for longest. */
  async #makeRoom(): Promise<void> {
    const images = await Promise.all([...this.#open.values()].map((opened) => opened.catch(() => undefined)));
    let pixels = 0;
    for (const [age, image] of images.reverse().entries()) {
      if (!image) continue;
      pixels += image.pixels.width * image.pixels.height;
      if (age === 0 || pixels <= mostPixels || !this.#open.delete(image.index)) continue;
      await this.#put(image);
    }
  }

  async #put(image: OpenImage): Promise<void> {
    image.annotation.close();
    await this.snapshot(image);
  }
}

/** The image files that lie in the folder itself: what links lead to is not shown. */
async function imagesOf(
  folder: string,
  annotator: string,
  onNotice: (notice: string) => void,
): Promise<ListedFile[]> {
  const { images, close } = await listImages([folder]);
  await close();
  const inside = images.flatMap(({ file }) => {
    const name = path.relative(folder, file);
    if (realpathSync(file) === path.join(folder, name))
      return [{ file, name: name.split(path.sep).join('/') }];
    onNotice(`${file} is a link, and is left out.`);
    return [];
  });
  return inside.map(({ file, name }, index) => ({
    ...{ index, name, file },
    stem: path.join(folder, annotationsName, annotator, ...name.split('/')),
  }));
}

/** Makes the folder of an annotator, and locks it. */
async function lockAnnotator(
  folder: string,
  annotator: string,
  onNotice: (notice: string) => void,
): Promise<RunLock> {
  const annotations = path.join(folder, annotationsName);
  const own = path.join(annotations, annotator);
  try {
    makeFolders(own);
    if (realpathSync(own) !== own) {
      throw new NucleateError({
        what: 'The folder of the annotations is a link.',
        where: own,
        hint: 'Replace the link by the folder itself.',
        exitCode: exitCodes.usage,
      });
    }
    const text = `${JSON.stringify({ nucleate: 'annotations', format: 1 })}\n`;
    await writeFile(path.join(annotations, annotationsMarker), text, { flag: 'wx' }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  } catch (error) {
    throw writeError(error, own);
  }
  return lockRun(own, {
    force: false,
    onTakeover: onNotice,
    work: {
      what: `annotating these images as ${annotator}`,
      hint: 'End it, look on with --read-only, or give another name: --annotator NAME.',
    },
  });
}

const changedImage = ({ file }: ListedFile) =>
  new NucleateError({
    what: 'The image is not the one that was annotated: its file has changed.',
    where: file,
    hint: 'Bring back the old file, or give the new one another name.',
    exitCode: exitCodes.data,
  });
