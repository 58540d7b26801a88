import { expect, test } from 'vitest';
import { scoreSources } from '../../../src/eval/score-sources.js';
import { openPrediction } from '../../../src/eval/sources/open.js';
import { cocoDocument } from '../../../src/predict/formats/coco.js';
import { dataErrorOf } from '../../data/expect-error.js';
import { drawing } from '../../reference/draw.js';
import { truthOf } from '../../report/scored.js';
import { temporaryFolder } from './temporary-folder.js';

const size = { width: 4, height: 3 };

/** Counts go down the columns: 12 pixels, 3 a column. */
const annotation = (image: number, counts: number[], bbox: number[], score?: number) => ({
  image_id: image,
  category_id: 1,
  segmentation: { size: [3, 4], counts },
  bbox,
  ...(score === undefined ? {} : { score }),
});
const images = [
  { id: 7, file_name: 'folder/a.png' },
  { id: 8, file_name: 'b.tif' },
];
const left = annotation(7, [0, 4, 8], [0, 0, 2, 3], 0.25); // the first column and one pixel of the second
const right = annotation(7, [3, 6, 3], [1, 0, 2, 3], 0.75); // the second and third column

async function open(content: unknown, name = 'p.json') {
  const folder = temporaryFolder();
  folder.text(name, typeof content === 'string' ? content : JSON.stringify(content));
  return openPrediction(`${folder.path}/${name}`);
}

test('images go by their names, the highest-scoring mask keeps a pixel, boxes have scores', async () => {
  const source = await open({ images, annotations: [left, right] });
  expect(source).toMatchObject({ kind: 'COCO annotations', ids: ['a', 'b'] });
  expect(await source.read('a', size)).toEqual({
    labelImage: drawing('211.', '211.', '211.'),
    withoutPixels: 0,
    overlapPixels: 1,
    boxes: {
      predBoxes: Float32Array.of(1, 0, 3, 3, 0, 0, 2, 3),
      scores: Float32Array.of(0.75, 0.25),
    },
  });
  expect((await source.read('b', size)).labelImage).toEqual(drawing('....', '....', '....'));
});

test('without scores there are only masks, in the order of the file', async () => {
  const plain = ({ score: _, ...rest }: typeof left) => rest;
  const source = await open({ images, annotations: [plain(left), plain(right)] });
  const { boxes, labelImage } = await source.read('a', size);
  expect(boxes).toBeUndefined();
  // The first keeps the pixel at the top of the second column.
  expect(labelImage).toEqual(drawing('112.', '122.', '122.'));
});

test('what predict writes is read back and scored, with boxes', async () => {
  const labelImage = drawing('11..', '11.2', '...2');
  const instance = (label: number, box: object, area: number, score: number) => ({ label, box, area, score });
  const segmentation = {
    labelImage,
    instances: [
      instance(1, { x1: 0, y1: 0, x2: 2, y2: 2 }, 4, 0.9),
      instance(2, { x1: 3, y1: 1, x2: 4, y2: 3 }, 2, 0.4),
    ],
  } as never;
  const folder = temporaryFolder();
  folder.text(
    'a.json',
    [...cocoDocument([{ id: 1, fileName: 'a.png', segmentation }], 'run-length')].join(''),
  );
  const { targets } = await scoreSources(truthOf('t', { a: labelImage }), [
    await openPrediction(folder.path),
  ]);
  expect(targets[0]!.evaluation.score).toBe(1);
  expect(targets[0]!.boxes).toMatchObject({ gtCount: 2, predCount: 2, ap: 1 });
});

test.each([
  ['no JSON', '{', /^The file is not JSON: /u],
  ['another JSON', { images: 3 }, /^The file is neither a COCO dataset nor GeoJSON: it has no lists/u],
])('%s is an error', async (_, content, what) => {
  expect((await dataErrorOf(open(content))).what).toMatch(what);
});

test('two images with one id are an error: whose the annotations are is unknown', async () => {
  const { what, where } = await dataErrorOf(
    open({ images: [...images, { id: 7, file_name: 'c.png' }], annotations: [left] }),
  );
  expect(what).toBe('Two images have the id 7.');
  expect(where).toMatch(/p\.json: images\[2\]$/u);
});

test('an empty mask is an object without a pixel', async () => {
  const source = await open({ images, annotations: [annotation(7, [12], [0, 0, 0, 0], 0.5)] });
  expect(await source.read('a', size)).toMatchObject({ withoutPixels: 1, overlapPixels: 0 });
});

test('an image twice, annotations without an image, another size and damaged masks are errors', async () => {
  const { problems } = await dataErrorOf(
    open({
      images: [...images, { id: 9, file_name: 'folder/a.jpg' }],
      annotations: [{ ...left, image_id: 10 }],
    }),
  );
  expect(problems.map(({ what }) => what)).toEqual([
    'The annotation belongs to the image 10, which is not listed.',
    'The image a is there twice.',
  ]);
  const source = await open({ images, annotations: [left, annotation(8, [0, 4], [0, 0, 1, 1])] });
  expect((await dataErrorOf(source.read('a', { width: 3, height: 4 }))).what).toBe(
    'The masks have 4 x 3 pixels, but the image has 3 x 4.',
  );
  expect((await dataErrorOf(source.read('b', size))).what).toBe(
    'The mask is damaged: Expected counts of 12 pixels, received 4.',
  );
});
