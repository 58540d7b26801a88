import { type PlaneChoice, takesEach } from '../data/image/plane-choice.js';
import type { OpenedImages, UnreadImage } from '../data/image/stored-image.js';
import { hashListed, type ListedImage, openListed } from '../predict/inputs/listed-image.js';
import type { OutputFolder, WantedOutputs } from '../predict/outputs/output-folder.js';
import { type FailedPrediction, failureOf } from './failed-prediction.js';

/** One image to predict: a listed image has one, or several channels and planes. */
export interface ImagePart {
  readonly image: UnreadImage;
  readonly wanted: WantedOutputs;
  /** Which of the parts of the listed image it is, and how many there are. */
  readonly index: number;
  readonly count: number;
}

/** What a listed image ends with. */
export interface ListedEnd {
  /** Absent if it cannot be read. */
  readonly sha256?: string | undefined;
  /** Why it was not opened. */
  readonly failure?: FailedPrediction;
  /** Whether it was not opened, since all outputs are there. */
  readonly isSkipped?: boolean;
  /** Absent if it was not opened. */
  readonly opened?: OpenedImages;
}

/** A part of a listed image, its end, or both. */
export interface PartStep {
  readonly listed: ListedImage;
  readonly part?: ImagePart;
  /** After the last part. */
  readonly end?: ListedEnd;
}

/**
 * Opens listed images one after the other, when they are asked for, and yields their parts.
 *
 * @param options.resume Whether images are left out whose outputs are all there.
 * @param options.open Gets what is opened; the caller closes it.
 */
export async function* openParts(
  images: readonly ListedImage[],
  outputs: Pick<OutputFolder, 'stateOf'>,
  {
    planes,
    resume,
    open,
  }: { readonly planes: PlaneChoice; readonly resume: boolean; readonly open: Set<OpenedImages> },
): AsyncGenerator<PartStep> {
  const names = new Set(images.map(({ name }) => name.toLowerCase()));
  for (const listed of images) {
    const { file, name, id } = listed;
    let whole: WantedOutputs | undefined;
    let opened: OpenedImages;
    try {
      whole = { name, input: name, id, file, sha256: await hashListed(listed) };
      // Only a file that becomes several images must be opened to know their names.
      if (resume && !takesEach(planes) && (await outputs.stateOf(whole)) === 'done') {
        yield { listed, end: { sha256: whole.sha256, isSkipped: true } };
        continue;
      }
      opened = await openListed(listed, planes);
    } catch (error) {
      yield { listed, end: { sha256: whole?.sha256, failure: failureOf(error, file) } };
      continue;
    }
    open.add(opened);
    const { length: count } = opened.images;
    for (const [index, image] of opened.images.entries()) {
      const wanted =
        image.suffix === ''
          ? whole
          : { ...whole, name: unusedName(`${name}-${image.suffix}`, names), id: undefined };
      const end = index === count - 1 ? { end: { sha256: whole.sha256, opened } } : {};
      yield { listed, part: { image, wanted, index, count }, ...end };
    }
  }
}

/** Adds a number to a name that is that of another image, in any case of its letters. */
function unusedName(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let count = 2; names.has(name.toLowerCase()); count++) name = `${wanted}-${count}`;
  names.add(name.toLowerCase());
  return name;
}
