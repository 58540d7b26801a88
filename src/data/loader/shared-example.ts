import type { Image } from '../image/image.js';
import type { Example } from '../read/example.js';

/**
 * Copies the pixels of an example to memory that all threads share, so that no thread needs a copy of its own. Pixels
 * that are there already are not copied.
 *
 * An image with three equal channels becomes grey, which takes a third of the memory and of the work.
 */
export function shareExample(example: Example): Example {
  const { labelImage, ignore } = example;
  const image = greyWhereEqual(example.image);
  return {
    ...example,
    image: { ...image, data: toSharedMemory(image.data) },
    labelImage: { ...labelImage, labels: toSharedMemory(labelImage.labels) },
    ...(ignore && { ignore: toSharedMemory(ignore) }),
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

function toSharedMemory<T extends Uint8Array | Uint16Array | Int32Array>(values: T): T {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const memory = new SharedArrayBuffer(values.byteLength);
  const shared = new (values.constructor as new (memory: SharedArrayBuffer) => T)(memory);
  shared.set(values);
  return shared;
}
