/**
 * Prepared datasets: one file that loads ten times faster than images, since nothing has to be decoded. It is written
 * where the user says, never beside the images, and opened like any other dataset.
 *
 * The file: a line that names the format; 8 bytes with the offset of the index; for each image the runs of its masks
 * (int32), its pixels and its ignore map; at the end the index (JSON). Numbers are little-endian, as on every machine
 * that runs TensorFlow.
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { openPlainFile } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { readImage } from '../image/image-io.js';
import type { Channels, MissingValues } from '../image/image.js';
import { type PlaneChoice, type WrittenPlanes, writtenPlanes } from '../image/plane-choice.js';
import type { AnnotatedImage } from './example.js';
import type { Dataset, DatasetLayout, DatasetListing, DatasetTree } from './layout.js';
import { mapConcurrently } from '../../map-concurrently.js';
import { problemsError } from './problems.js';

const magic = Buffer.from('nucleate prepared dataset 1\n');
const headerBytes = magic.length + 8;

export const preparedLayout: DatasetLayout = {
  name: 'prepared',
  describe: 'images in a prepared dataset',
  arrangement: 'a file written by `nucleate data prepare`',
  matches: async ({ kind, path }) => (kind === 'file' && (await isPrepared(path)) ? [path] : []),
  open: listPrepared,
};

interface PreparedImage extends Pick<AnnotatedImage, 'id' | 'origin' | 'cluster' | 'annotation'> {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly bits: 8 | 16;
  /** As of the image. */
  readonly missing?: MissingValues;
  readonly hasIgnore: boolean;
  /** `length`: how many numbers its runs have. */
  readonly masks: readonly { readonly name: string; readonly isBlurred?: true; readonly length: number }[];
  /** Offset of its data in the file, and their CRC-32. */
  readonly at: number;
  readonly crc: number;
}

interface Index {
  /** Of the dataset that was prepared. */
  readonly identity: string;
  readonly images: readonly PreparedImage[];
  /** Channel and plane of each file, where they were chosen. */
  readonly planes?: WrittenPlanes;
}

/** Images that are decoded at a time. */
const imagesAtOnce = 3;

/**
 * Writes a dataset as one prepared file. An existing file is replaced when everything is written.
 *
 * @param onImage Called after each image with how many are done.
 * @throws {NucleateError} Exit code 3 for a dataset with problems; exit code 8 if the file cannot be written.
 */
export async function prepareDataset(
  dataset: Dataset,
  output: string,
  onImage: (done: number) => void = () => {},
): Promise<void> {
  if (dataset.problems.length > 0) throw problemsError(dataset.path, dataset.problems);
  // No file of somebody else has such a name; one that a killed process has left is replaced.
  const partial = join(dirname(output), `.${basename(output)}.nucleate-part`);
  try {
    await rm(partial, { force: true });
    const file = await open(partial, 'wx');
    try {
      await writePrepared(file, dataset, onImage);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, output);
  } catch (cause) {
    await rm(partial, { force: true });
    if (cause instanceof NucleateError) throw cause;
    const what = `The prepared dataset cannot be written: ${(cause as Error).message}.`;
    const hint = 'Check that the folder exists, is writable and has space left.';
    throw new NucleateError({ what, where: output, hint, exitCode: exitCodes.io }, { cause });
  }
}

async function writePrepared(
  file: FileHandle,
  dataset: Dataset,
  onImage: (done: number) => void,
): Promise<void> {
  const images: PreparedImage[] = [];
  let at = headerBytes;
  for await (const annotated of mapConcurrently(dataset.images, imagesAtOnce, (entry) => entry.read())) {
    const { image, masks, ignore, ...facts } = annotated;
    const { width, height, channels, data, missing } = image;
    const parts = [...masks.map(({ runs }) => runs), data, ...(ignore ? [ignore] : [])];
    const bytes = Buffer.concat(
      parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)),
    );
    await file.write(bytes, 0, bytes.length, at);
    images.push({
      ...facts,
      ...{
        width,
        height,
        channels,
        bits: data instanceof Uint16Array ? 16 : 8,
        hasIgnore: ignore !== undefined,
        ...(missing && { missing }),
      },
      masks: masks.map(({ runs, ...mask }) => ({ ...mask, length: runs.length })),
      at,
      crc: crc32(bytes),
    });
    at += bytes.length;
    onImage(images.length);
  }
  const { planes } = dataset;
  const index: Index = { identity: await dataset.identity(), images, ...(planes && { planes }) };
  await file.write(JSON.stringify(index), at);
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeBigUInt64LE(BigInt(at), magic.length);
  await file.write(header, 0, headerBytes, 0);
}

/** Whether a path is a prepared file; false for a folder and for a path that does not exist. */
export async function isPrepared(path: string): Promise<boolean> {
  const file = await openPlainFile(path).catch(() => undefined);
  try {
    const { buffer } = (await file?.read(Buffer.alloc(magic.length), 0, magic.length, 0)) ?? {};
    return buffer?.equals(magic) ?? false;
  } catch {
    // A folder can be opened, but not read.
    return false;
  } finally {
    await file?.close();
  }
}

/**
 * Opens a prepared file. Its identity is that of the dataset it was made from.
 *
 * @throws {NucleateError} Exit code 3 if it is damaged.
 */
async function listPrepared({ path, planes = {} }: DatasetTree): Promise<DatasetListing> {
  const file = await openPlainFile(path);
  try {
    const { identity, images, planes: prepared } = await readIndex(file, path);
    const choice = planesLeft(planes, prepared, path);
    return {
      images: images.map((image) => ({
        id: image.id,
        place: `${path}!/${image.id}`,
        async read() {
          const annotated = await readPrepared(file, image, path);
          return { ...annotated, image: await readImage(annotated.image, `${path}!/${image.id}`, choice) };
        },
      })),
      files: [],
      problems: [],
      identity: () => identity,
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * What is left to choose: nothing where it was chosen when the dataset was prepared.
 *
 * @throws {NucleateError} Exit code 3 if another choice was made then.
 */
function planesLeft(asked: PlaneChoice, prepared: WrittenPlanes | undefined, path: string): PlaneChoice {
  const written = writtenPlanes(asked);
  if (!written || !prepared) return asked;
  if (JSON.stringify(written) === JSON.stringify(prepared)) return {};
  const words = ({ channel, plane }: WrittenPlanes) => [...channel, ...plane].join(', ');
  throw new NucleateError({
    what: `The dataset was prepared with the channel and plane ${words(prepared)}, and not ${words(written)}.`,
    where: path,
    hint: 'Leave the choice out, or prepare the dataset again with the other one.',
    exitCode: exitCodes.data,
  });
}

async function readIndex(file: FileHandle, path: string): Promise<Index> {
  const { size } = await file.stat();
  const header = Buffer.alloc(headerBytes);
  await file.read(header, 0, headerBytes, 0);
  const start = Number(header.readBigUInt64LE(magic.length));
  if (start < headerBytes || start >= size) throw damaged(path);
  const text = Buffer.alloc(size - start);
  await file.read(text, 0, text.length, start);
  try {
    return JSON.parse(text.toString()) as Index;
  } catch (cause) {
    throw damaged(path, cause);
  }
}

async function readPrepared(
  file: FileHandle,
  prepared: PreparedImage,
  path: string,
): Promise<AnnotatedImage> {
  const { width, height, channels, bits, missing, hasIgnore, masks: listed, at, crc, ...facts } = prepared;
  const pixels = width * height;
  const runsBytes = 4 * listed.reduce((sum, { length }) => sum + length, 0);
  const dataBytes = (pixels * channels * bits) / 8;
  // Memory of its own, used from address 0, so that views of int32 are aligned.
  const memory = new ArrayBuffer(runsBytes + dataBytes + (hasIgnore ? pixels : 0));
  const bytes = new Uint8Array(memory);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
  if (bytesRead !== bytes.length || crc32(bytes) !== crc) throw damaged(path);
  let runsAt = 0;
  const masks = listed.map(({ length, ...mask }) => {
    const runs = new Int32Array(memory, runsAt, length);
    runsAt += runs.byteLength;
    return { ...mask, runs };
  });
  const data =
    bits === 16
      ? new Uint16Array(memory, runsBytes, pixels * channels)
      : new Uint8Array(memory, runsBytes, pixels * channels);
  const annotated = {
    ...facts,
    image: { width, height, channels, data, ...(missing && { missing }) },
    masks,
  };
  return hasIgnore ? { ...annotated, ignore: new Uint8Array(memory, runsBytes + dataBytes) } : annotated;
}

function damaged(where: string, cause?: unknown): NucleateError {
  const what = 'The prepared dataset is damaged.';
  const hint = 'Prepare it again: nucleate data prepare.';
  return new NucleateError({ what, where, hint, exitCode: exitCodes.data }, { cause });
}
