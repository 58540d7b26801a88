/**
 * Makes the sample beside it from the corrected training set of the 2018 Data Science Bowl:
 *
 *     npx tsx examples/dsb2018-mini/make.ts stage1_train_fixed.zip groups.csv
 *
 * `groups.csv` has a line `image_id,cluster,mosaic` for each image. A second run writes the same bytes. It also writes
 * `configs/splits/dsb2018-mini.json`: each image in its fold of the whole set, so that a network which has not been
 * trained on a fold there has seen nothing of it here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { openDataset } from '../../src/data/read/dataset.js';
import { renumberLabels } from '../../src/data/read/example.js';
import { readImage, writeImage } from '../../src/data/image/image-io.js';
import { writeLabelImage } from '../../src/data/image/label-io.js';
import type { Image } from '../../src/data/image/image.js';
import { readSplit, writeSplit } from '../../src/data/split/split-file.js';

/** px; the side of every crop. */
const side = 256;
/** px; a nucleus that the crop cuts is kept if at least this much of it is left. */
const minVisible = 16;

/**
 * The beginnings of the image ids, and the left top corner of the crop. Chosen by eye, once, for variety and for
 * masks that fit; every image is of a mosaic of its own.
 */
const selection: [id: string, x: number, y: number][] = [
  // a: fluorescence, tissue and crowds
  ['5afb7932', 0, 0],
  ['64eeef16', 0, 0],
  ['9ebcfaf2', 64, 0],
  ['c3bec106', 0, 0],
  // b: purple on white, some pink
  ['4193474b', 0, 0],
  ['7773ac91', 64, 0],
  ['94519eb4', 64, 0],
  // c: purple on purple tissue
  ['0bf33d3d', 0, 0],
  ['13f2bec0', 0, 0],
  ['5c6eb9a4', 0, 0],
  ['65c8527c', 0, 0],
  // d: brightfield, black on grey
  ['3594684b', 0, 0],
  ['54793624', 0, 0],
  ['76a372bf', 0, 0],
  // e: purple on grey-white
  ['0e4c2e27', 0, 0],
  ['1631352d', 64, 0],
  ['7f34dfcc', 0, 0],
  // f: fluorescence: small, crowded, dim, large with mitoses, embryo, dense, noisy
  ['04acab76', 0, 0],
  ['16c3d593', 0, 0],
  ['245b9958', 0, 0],
  ['6b72b61b', 0, 0],
  ['7978812d', 0, 0],
  ['a5e695fc', 0, 0],
  ['f29fd9c5', 200, 150],
];

interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const [zipPath, groupsPath] = process.argv.slice(2);
if (zipPath === undefined || groupsPath === undefined) throw new Error('Usage: make.ts <zip> <groups.csv>');

const groups = readFileSync(groupsPath, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',') as [id: string, cluster: string, mosaic: string]);
const zip = await openPromise(zipPath, { autoClose: false });
const entries = await entriesById(zip);

const splits = join(import.meta.dirname, '../../configs/splits');
const whole = await readSplit(join(splits, 'dsb2018.json'));
const folds: [name: string, place: (typeof whole.images)[string]][] = [];
const rows = ['name,image_id,cluster,mosaic,x,y,width,height,nuclei'];
for (const [prefix, x, y] of selection) {
  const [id, cluster, mosaic] = groups.find(([imageId]) => imageId.startsWith(prefix))!;
  const image = withoutEqualChannels(await readEntry(entries.get(`${id}/images`)![0]!));
  const window = { x, y, width: Math.min(side, image.width - x), height: Math.min(side, image.height - y) };
  const { labels, instanceCount } = await labelWindow(entries.get(`${id}/masks`)!, image, window);
  const name = `${cluster}-${prefix}`;
  await writeImage(join(import.meta.dirname, `${name}.png`), crop(image, window));
  await writeLabelImage(join(import.meta.dirname, `${name}_masks.png`), { ...window, labels });
  folds.push([name, whole.images[id]!]);
  rows.push([name, id, cluster, mosaic, x, y, window.width, window.height, instanceCount].join(','));
}
zip.close();
writeFileSync(join(import.meta.dirname, 'sample.csv'), `${rows.join('\n')}\n`);
const dataset = await openDataset(import.meta.dirname);
const split = { ...whole, dataset: await dataset.identity(), images: Object.fromEntries(folds) };
await writeSplit(join(splits, 'dsb2018-mini.json'), split);
await dataset.close();

/** The PNG entries of each `<id>/images` and `<id>/masks`, in code-unit order of their names. */
async function entriesById(zipFile: ZipFile): Promise<Map<string, Entry[]>> {
  const found = new Map<string, Entry[]>();
  for await (const entry of zipFile.eachEntry()) {
    const match = /^stage1_train\/(\w+\/(?:images|masks))\/\w+\.png$/.exec(entry.fileName);
    if (match) found.set(match[1]!, [...(found.get(match[1]!) ?? []), entry]);
  }
  for (const list of found.values()) list.sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
  return found;
}

async function readEntry(entry: Entry): Promise<Image> {
  return readImage(await buffer(await zip.openReadStreamPromise(entry)));
}

/**
 * Labels of the window, 1..n in name order of the masks. Where two masks overlap, the first in name order keeps the
 * pixels. A nucleus that the window cuts is left out if fewer than `minVisible` px of it remain.
 */
async function labelWindow(masks: Entry[], { width, height }: Image, window: Window) {
  const whole = new Int32Array(width * height);
  for (const [index, entry] of masks.entries()) {
    const mask = await readEntry(entry);
    if (mask.width !== width || mask.height !== height) throw new Error(`Size of ${entry.fileName}`);
    for (let pixel = 0; pixel < whole.length; pixel++) {
      if (mask.data[pixel * mask.channels] !== 0 && whole[pixel] === 0) whole[pixel] = index + 1;
    }
  }
  const visible = cropRows(whole, width, window);
  const before = countPixels(whole);
  const after = countPixels(visible);
  const kept = (label: number) => after.get(label) === before.get(label) || after.get(label)! >= minVisible;
  return renumberLabels(visible.map((label) => (kept(label) ? label : 0)));
}

function countPixels(labels: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function crop({ width, channels, data }: Image, window: Window): Image {
  const { x, y, width: cropped, height } = window;
  const rowsOf = { x: x * channels, y, width: cropped * channels, height };
  return {
    width: cropped,
    height,
    channels,
    data: cropRows(data, width * channels, rowsOf),
  };
}

function cropRows<T extends Image['data'] | Int32Array>(
  values: T,
  stride: number,
  { x, y, width, height }: Window,
): T {
  const cropped = values.slice(0, width * height) as T;
  for (let row = 0; row < height; row++) {
    const start = (y + row) * stride + x;
    cropped.set(values.subarray(start, start + width), row * width);
  }
  return cropped;
}

/** The image as one channel where its three are equal everywhere: most of the set is grey stored as RGBA. */
function withoutEqualChannels(image: Image): Image {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  const isGrey = data.every((value, index) => value === data[index - (index % 3)]);
  if (!isGrey) return image;
  return { width, height, channels: 1, data: data.filter((_, index) => index % 3 === 0) };
}
