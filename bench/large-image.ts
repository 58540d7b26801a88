/**
 * Time and memory of predicting a large image: a 16-bit BigTIFF pyramid in tiles, made of the sample.
 *
 *     npm run bench -- large-image [--side 20000] [--region x,y,w,h] [--model models/nucleate-stains]
 *
 * With a region the whole image is still read, and the label image still has its size; only the part is predicted. The
 * image and its unpacked copy take about 1.2 GB in TMPDIR at the default side.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { openModel } from '../src/model/model.js';
import { predictImages } from '../src/model/predict-images.js';
import { Measured, measuredLine, type Result } from './measured.js';

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '20000' },
    region: { type: 'string' },
    model: { type: 'string', default: 'models/nucleate-stains' },
    once: { type: 'string' },
  },
});
const side = Number(values.side);
const sample = 'examples/dsb2018-mini/a-5afb7932.png';

/** The sample again and again, in 16 bits. */
async function makePyramid(file: string): Promise<void> {
  // Bytes, since this project lets libvips open no PNG by its name.
  const bytes = readFileSync(sample);
  const { width, height } = await sharp(bytes).metadata();
  await sharp(bytes, { limitInputPixels: false })
    .extend({ right: side - width, bottom: side - height, extendWith: 'repeat' })
    .toColourspace('grey16')
    .tiff({
      bigtiff: true,
      tile: true,
      tileWidth: 512,
      tileHeight: 512,
      pyramid: true,
      compression: 'deflate',
    })
    .toFile(file);
}

async function predictOnce(file: string): Promise<Result> {
  const measured = new Measured();
  const model = await openModel(values.model);
  const [x, y, width, height] = (values.region ?? '').split(',').map(Number);
  const region =
    values.region === undefined ? {} : { region: { x: x!, y: y!, width: width!, height: height! } };
  const { nuclei } = await predictImages(model, [{ file, name: 'large' }], {
    ...{
      out: join(file, '../out'),
      formats: ['labels', 'table', 'overlay'],
      resume: false,
      settings: region,
    },
  });
  model.dispose();
  return measured.end(`${nuclei} nuclei`);
}

if (values.once !== undefined) process.stdout.write(JSON.stringify(await predictOnce(values.once)));
else {
  const folder = mkdtempSync(join(tmpdir(), 'nucleate-bench-'));
  try {
    const file = join(folder, 'large.tif');
    await makePyramid(file);
    const megabytes = (statSync(file).size / 1e6).toFixed(0);
    console.log(`${side} x ${side} px, ${megabytes} MB, ${cpus().length} x ${cpus()[0]?.model}`);
    const own = ['--import', import.meta.resolve('tsx'), fileURLToPath(import.meta.url), '--once', file];
    const options = [
      '--side',
      values.side,
      '--model',
      values.model,
      ...(values.region ? ['--region', values.region] : []),
    ];
    const { stdout, status } = spawnSync(process.execPath, [...own, ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`The prediction ended with ${status}`);
    console.log(measuredLine(values.region ? `region ${values.region}` : 'whole image', stdout));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
