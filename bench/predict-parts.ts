/**
 * Where the time of a prediction goes, image by image, and the time that its start takes.
 *
 *     npm run bench -- predict-parts [IMAGES...] [--model models/nucleate-stains] [--most 16] [--rounds 3] [--out predict-parts.json]
 *
 * IMAGES are what `nucleate predict` takes; default: the bundled sample. Prints medians over all rounds after the first: ms on
 * the clock, and ms of all processors together, which other load on the machine disturbs less.
 */
import { writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readImage } from '../src/data/image/image-io.js';
import { startRuntime } from '../src/engine/runtime.js';
import { buildModel } from '../src/model/model.js';
import { readModelFolder } from '../src/model/model-folder.js';
import { assembleInstances } from '../src/predict/assemble/assemble.js';
import { writeOutputs } from '../src/predict/formats/write-outputs.js';
import { listImages } from '../src/predict/inputs/list-images.js';

interface Times {
  readonly wall: number;
  readonly cpu: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'models/nucleate-stains' },
    most: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
    out: { type: 'string', default: 'predict-parts.json' },
  },
});

async function time<T>(work: () => Promise<T> | T): Promise<[T, Times]> {
  const [start, busy] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(busy);
  return [result, { wall: performance.now() - start, cpu: (user + system) / 1000 }];
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
const report: Record<string, unknown> = { cpu: cpus()[0]?.model, threads: cpus().length };
const line = (name: string, times: readonly Times[], note = '') => {
  const [wall, cpu] = [median(times.map(({ wall }) => wall)), median(times.map(({ cpu }) => cpu))];
  report[name] = { wall, cpu, times };
  console.log(
    `${name.padEnd(26)} ${wall.toFixed(0).padStart(6)} ms   cpu ${cpu.toFixed(0).padStart(6)} ms   ${note}`,
  );
};

const [stored, reading] = await time(() => readModelFolder(values.model));
const [runtime, starting] = await time(() => startRuntime('auto'));
const [model, building] = await time(() => buildModel(stored));
line('read the model', [reading]);
line('start TensorFlow', [starting], runtime.device);
line('build both networks', [building]);

const { images: listed } = await listImages(positionals.length > 0 ? positionals : ['examples/dsb2018-mini']);
const step = Math.max(1, Math.floor(listed.length / Number(values.most)));
const images = await Promise.all(
  listed
    .filter((_, index) => index % step === 0)
    .slice(0, Number(values.most))
    .map(({ file }) => readImage(file)),
);
const [, first] = await time(() => model.segment(images[0]!));
line('first image', [first]);

const settings = stored.file.assemble;
const parts = { boxes: [] as Times[], masks: [] as Times[], nuclei: [] as Times[], files: [] as Times[] };
const own: Times[] = [];
let nuclei = 0;
// The first round warms up.
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const image of images) {
    const [{ detections }, boxes] = await time(() => model.predictor.detect(image));
    const kept = detections.filter(({ score }) => score >= settings.scoreThreshold);
    const [candidates, masks] = await time(() => model.predictor.segmentBoxes(image, kept));
    const [segmentation, assembling] = await time(() => assembleInstances(image, candidates, settings));
    const formats = ['labels', 'table', 'overlay'] as const;
    const [, files] = await time(() =>
      writeOutputs(join(tmpdir(), 'nucleate-bench'), 'image', { image, segmentation }, formats),
    );
    if (round === 0) continue;
    nuclei += segmentation.instances.length;
    parts.boxes.push(boxes);
    parts.masks.push(masks);
    parts.nuclei.push(assembling);
    parts.files.push(files);
    own.push({
      wall: boxes.wall + masks.wall + assembling.wall,
      cpu: boxes.cpu + masks.cpu + assembling.cpu,
    });
  }
}
const sum = (times: readonly Times[], key: keyof Times) => times.reduce((total, one) => total + one[key], 0);
const perNucleus = (times: readonly Times[]) =>
  `${(sum(times, 'wall') / nuclei).toFixed(1)} ms a nucleus, cpu ${(sum(times, 'cpu') / nuclei).toFixed(1)}`;
console.log(
  `\n${images.length} images, ${values.rounds} times, ${(nuclei / own.length).toFixed(0)} nuclei each`,
);
line('nucleate', own, perNucleus(own));
line('  boxes', parts.boxes);
line('  masks', parts.masks);
const fraction = sum(parts.nuclei, 'cpu') / sum(own, 'cpu');
line('  pasting and overlaps', parts.nuclei, `${(100 * fraction).toFixed(1)} % of the processors' time`);
line('  (writing files)', parts.files);
writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
model.dispose();
