/**
 * Processor time of both networks of a model: building, the first run, later ones. On one thread:
 *
 *     TF_ENABLE_ONEDNN_OPTS=1 taskset -c 0 npx tsx experiments/network-times.ts [MODEL]
 *
 * The detector sees 256 x 256 px of noise, the segmenter 32 boxes in them.
 */
import { startRuntime } from '../src/engine/runtime.js';
import { networksOf, readModelFolder } from '../src/model/model-folder.js';
import { DetectorPredictor } from '../src/predict/detect.js';
import { SegmenterPredictor } from '../src/predict/segment.js';
import { randomFor } from '../src/random.js';
import { textTable } from '../src/report/text-table.js';

const side = 256;
const [model = 'models/nucleate-stains'] = process.argv.slice(2);
await startRuntime('cpu');
const { detector, segmenter } = networksOf(await readModelFolder(model));
const random = randomFor(1, 'noise');
const data = Uint8Array.from({ length: side * side * 3 }, () => 256 * random.uniform());
const image = { image: { width: side, height: side, channels: 3 as const, data } };
const boxes = Float32Array.from({ length: 32 * 4 }, (_, at) => 6 * (at >> 2) + (at % 4 < 2 ? 0 : 20));

/** Milliseconds. */
async function timed<Result>(work: () => Result): Promise<{ result: Awaited<Result>; time: number }> {
  const begun = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(begun);
  return { result, time: (user + system) / 1000 };
}

async function row<Predictor extends { dispose(): void }>(
  name: string,
  build: () => Predictor,
  run: (predictor: Predictor) => Promise<unknown>,
): Promise<string[]> {
  const built = await timed(build);
  const times: number[] = [];
  for (let k = 0; k < 9; k++) times.push((await timed(() => run(built.result))).time);
  built.result.dispose();
  const [first, ...later] = times;
  return [name, ...[built.time, first!, Math.min(...later)].map((time) => time.toFixed(0))];
}

const options = { mode: 'compiled', frozen: true } as const;
process.stdout.write(
  `${textTable([
    ['ms', 'build', 'first', 'later, least of 8'],
    await row(
      'detector',
      () => new DetectorPredictor({ ...detector, ...options }),
      (predictor) => predictor.detect(image),
    ),
    await row(
      'segmenter, 32 crops',
      () => new SegmenterPredictor({ ...segmenter, ...options }),
      (predictor) => predictor.segment(image, boxes),
    ),
  ])}\n`,
);
