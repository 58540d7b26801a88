import { measureInstances, type Instances } from '../geometry/label-image.js';
import type { Example } from '../read/example.js';
import type { Image } from '../image/image.js';
import { type LabelPair, readPair } from '../read/pairs-layout.js';

/** Files of an image, decoded by a worker each time they are drawn: for data larger than memory. */
export interface FileSource extends LabelPair, Pick<Example, 'instanceCount' | 'cluster'> {}

export type Source = Example | FileSource;

export interface LoadedSource {
  readonly example: Example;
  readonly instances: Instances;
}

/** Reads a source, and measures its instances once. */
export class SourceReader {
  readonly #sources: readonly Source[];
  readonly #instances = new Map<number, Instances>();

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  /**
   * @throws {NucleateError} Exit code 3 if a file is refused.
   * @throws {RangeError} If `instanceCount` is not what the files hold.
   */
  async read(index: number): Promise<LoadedSource> {
    const source = this.#sources[index]!;
    const example = 'image' in source ? source : await readFiles(source);
    let instances = this.#instances.get(index);
    if (!instances) {
      instances = measureInstances(example.labelImage, example.instanceCount);
      this.#instances.set(index, instances);
    }
    return { example, instances };
  }
}

async function readFiles({ imagePath, masksPath, ignorePath, ...facts }: FileSource): Promise<Example> {
  const files = { id: facts.id, imagePath, masksPath };
  return { ...(await readPair(ignorePath === undefined ? files : { ...files, ignorePath })), ...facts };
}

/**
 * Puts the pixels of an example where all threads see them without a copy of their own.
 *
 * An image with three equal channels becomes grey, which is a third of the memory and of the work.
 */
export function shareSource<S extends Source>(source: S): S {
  if (!('image' in source)) return source;
  const { labelImage, ignore } = source;
  const image = greyWhereEqual(source.image);
  return {
    ...source,
    image: { ...image, data: share(image.data) },
    labelImage: { ...labelImage, labels: share(labelImage.labels) },
    ...(ignore && { ignore: share(ignore) }),
  };
}

function greyWhereEqual(image: Image): Image {
  const { channels, data } = image;
  if (channels === 1) return image;
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return image;
  }
  const grey =
    data instanceof Uint8Array ? new Uint8Array(data.length / 3) : new Uint16Array(data.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel++) grey[pixel] = data[3 * pixel]!;
  return { ...image, channels: 1, data: grey };
}

function share<T extends Uint8Array | Uint16Array | Int32Array>(values: T): T {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const memory = new SharedArrayBuffer(values.byteLength);
  const shared = new (values.constructor as new (memory: SharedArrayBuffer) => T)(memory);
  shared.set(values);
  return shared;
}
