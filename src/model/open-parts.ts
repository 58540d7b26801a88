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
  readonly opened?: Pick<OpenedImages, 'close'>;
}

/** A part of a listed image, its end, or both. */
export interface PartStep {
  readonly listed: ListedImage;
  readonly part?: ImagePart;
  /** After the last part. */
  readonly end?: ListedEnd;
}

/**
 * Opens listed images one after the other, when they are asked for, and yields their parts. The caller closes what is opened.
 *
 * @param options.resume Whether images are left out whose outputs are all there.
 */
export async function* openParts(
  images: readonly ListedImage[],
  outputs: Pick<OutputFolder, 'stateOf'>,
  { planes, resume }: { readonly planes: PlaneChoice; readonly resume: boolean },
): AsyncGenerator<PartStep> {
  const names = new Set(images.map(({ name }) => name.toLowerCase()));
  for (const listed of images) {
    const { file, name, id } = listed;
    let sha256: string | undefined;
    let opened: OpenedImages;
    try {
      sha256 = await hashListed(listed);
      const wanted: WantedOutputs = { name, input: name, id, file, sha256 };
      // Only a file that becomes several images must be opened to know their names.
      if (resume && !takesEach(planes) && (await outputs.stateOf(wanted)) === 'done') {
        yield { listed, end: { sha256, isSkipped: true } };
        continue;
      }
      opened = await openListed(listed, planes);
    } catch (error) {
      yield { listed, end: { sha256, failure: failureOf(error, file) } };
      continue;
    }
    const { length: count } = opened.images;
    if (count === 0) yield { listed, end: { sha256, opened } };
    for (const [index, image] of opened.images.entries()) {
      const wanted =
        image.suffix === ''
          ? { name, input: name, id, file, sha256 }
          : { name: unusedName(`${name}-${image.suffix}`, names), input: name, file, sha256 };
      const isLast = index === count - 1;
      yield { listed, part: { image, wanted, index, count }, ...(isLast && { end: { sha256, opened } }) };
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
