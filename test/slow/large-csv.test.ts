import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readRunLengthCsv } from '../../src/data/read/annotations/run-length-csv.js';

/** Bytes; the failure catalogue asks for 1 GB (D9). */
const fileSize = 1e9;
const nucleiAnImage = 60;
const runsANucleus = 12;

/** A stream as from a file of this size, without the file: images with 60 nuclei of 12 runs each. */
function* blocks() {
  yield Buffer.from('ImageId,EncodedPixels\n');
  for (let image = 0, written = 0; written < fileSize; image++) {
    const lines = Array.from({ length: nucleiAnImage }, (_, nucleus) => {
      const runs = Array.from(
        { length: runsANucleus },
        (_, run) => `${1 + 1000 * nucleus + 60_000 * run + (image % 7)} ${8 + (run % 5)}`,
      );
      return `image-${String(image).padStart(12, '0')},${runs.join(' ')}\n`;
    });
    const block = Buffer.from(lines.join(''));
    written += block.length;
    yield block;
  }
}

/** Peak resident memory of this process, bytes. */
const peakMemory = () => process.resourceUsage().maxRSS * 1024;

test('a run-length CSV of 1 GB is streamed: only its runs stay in memory', async () => {
  const before = peakMemory();
  const { images, problems } = await readRunLengthCsv(Readable.from(blocks()), 'large.csv');
  expect(problems).toEqual([]);
  expect(images.size).toBeGreaterThan(100_000);
  const [first] = images.get('image-000000000003')!;
  expect([...first!.runs.slice(0, 4)]).toEqual([4, 8, 60_004, 9]);
  expect(peakMemory() - before).toBeLessThan(1.5 * fileSize);
});

test('a run-length CSV of more images than a dataset can have is refused before it takes the memory', async () => {
  function* blocks() {
    yield Buffer.from('ImageId,EncodedPixels\n');
    for (let image = 0; ; image += 1000)
      yield Buffer.from(Array.from({ length: 1000 }, (_, at) => `${image + at},1 1\n`).join(''));
  }
  const { problems } = await readRunLengthCsv(Readable.from(blocks()), 'many.csv');
  expect(problems).toEqual([
    {
      what: 'The file has more than 2,000,000 image ids.',
      where: 'many.csv:1:1',
      hint: 'Divide the file and its images into several datasets.',
    },
  ]);
});
