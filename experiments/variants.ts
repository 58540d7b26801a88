/**
 * Writes crops of a fold unchanged, recoloured, inverted, at half and at twice their size, as five datasets, to measure
 * how well a model works on images unlike its training images:
 *
 *     npx tsx experiments/variants.ts stage1_train_fixed.zip configs/splits/dsb2018.json OUT
 *     nucleate eval MODEL --data OUT/recoloured
 *
 * The crops are always the same: of each cluster in fold 0 the first four of a random order with seed 1. A second run
 * writes the same bytes.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { resample } from '../src/data/augment/resample-example.js';
import { measureInstances } from '../src/data/geometry/label-image.js';
import { boxAt } from '../src/data/geometry/box.js';
import { changeColour } from '../src/data/augment/colour.js';
import { viewMap } from '../src/data/geometry/linear-map.js';
import { changePalette, drawPalette } from '../src/data/augment/palette.js';
import type { Sample } from '../src/data/augment/sample.js';
import { invertPolarity } from '../src/data/augment/tone.js';
import { openDataset, readExamples } from '../src/data/read/dataset.js';
import { type Example, renumberLabels } from '../src/data/read/example.js';
import { writeImage } from '../src/data/image/image-io.js';
import { writeLabelImage } from '../src/data/image/label-io.js';
import { readSplit } from '../src/data/split/split-file.js';
import { type Random, randomFor } from '../src/random.js';

const fold = 0;
const perCluster = 4;
/** Side of a crop before it is scaled, px. */
const side = 256;

const [dataPath, splitPath, out] = process.argv.slice(2);
if (dataPath === undefined || splitPath === undefined || out === undefined)
  throw new Error('Usage: variants.ts <dataset> <split> <folder>');

const split = await readSplit(splitPath);
const chosen = chooseImages();
const dataset = await openDataset(dataPath);
for await (const example of readExamples(dataset)) {
  const cluster = chosen.get(example.id);
  if (cluster === undefined) continue;
  const name = `${cluster}-${example.id.slice(0, 8)}`;
  const plain = view(example, 1);
  const random = randomFor(1, 'recoloured', example.id);
  await write('plain', name, plain);
  await write('recoloured', name, recolour(plain, random));
  await write('inverted', name, invertPolarity(plain));
  await write('half', name, view(example, 0.5));
  await write('double', name, view(example, 2));
}
await dataset.close();

/** Ids with their clusters. */
function chooseImages(): Map<string, string> {
  const ofFold = Object.entries(split.images).filter(([, image]) => image.fold === fold);
  const drawn = randomFor(1, 'variants').shuffle(ofFold);
  const clusters = new Map(drawn.map(([id, { cluster = '' }]) => [id, cluster]));
  return new Map(
    [...new Set(clusters.values())].flatMap((cluster) =>
      [...clusters].filter(([, other]) => other === cluster).slice(0, perCluster),
    ),
  );
}

/** A part of the image round its first nucleus. */
function view(example: Example, scale: number): Sample {
  const { labelImage, instanceCount } = example;
  const { x1, y1, x2, y2 } = boxAt(measureInstances(labelImage, instanceCount).boxes, 0);
  const startAt = (middle: number, length: number) =>
    Math.round(Math.max(0, Math.min(middle - side / 2, length - side)));
  const to = {
    x: startAt((x1 + x2) / 2, labelImage.width),
    y: startAt((y1 + y2) / 2, labelImage.height),
  };
  const map = viewMap({ scale, quarterTurns: 0, flip: false, angle: 0 });
  return resample(example, { size: side * scale, map, from: { x: 0, y: 0 }, to });
}

/** Colours turn by a sixth to five sixths of the circle; grey, of one channel or three, is painted in two colours. */
function recolour(sample: Sample, random: Random): Sample {
  const isGrey =
    sample.channels === 1 || sample.pixels.every((value, i) => value === sample.pixels[i - (i % 3)]);
  if (isGrey) return changePalette(sample, drawPalette(0.25, random));
  const hue = (Math.PI / 3) * (1 + 4 * random.uniform());
  return changeColour(sample, { hue, saturation: 1, shifts: [0, 0, 0] });
}

async function write(variant: string, name: string, sample: Sample): Promise<void> {
  const { width, height, channels, pixels } = sample;
  const folder = path.join(out!, variant);
  mkdirSync(folder, { recursive: true });
  const data = Uint8Array.from(pixels, (value) => Math.round(255 * value));
  await writeImage(path.join(folder, `${name}.png`), { width, height, channels, data });
  const { labels } = renumberLabels(sample.labels);
  await writeLabelImage(path.join(folder, `${name}_masks.png`), { width, height, labels });
}
