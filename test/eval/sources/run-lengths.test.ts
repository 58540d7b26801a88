import { expect, test } from 'vitest';
import { openPrediction } from '../../../src/eval/sources/open.js';
import { dataErrorOf } from '../../data/expect-error.js';
import { temporaryFolder } from './temporary-folder.js';

const size = { width: 4, height: 3 };

async function open(content: string) {
  const folder = temporaryFolder();
  folder.text('p.csv', content);
  return openPrediction(`${folder.path}/p.csv`);
}

/** What is wrong and where, without the folder. */
async function errorOf(promise: Promise<unknown>) {
  const { what, where, problems } = await dataErrorOf(promise);
  const [problem] = problems;
  return `${(problem?.where ?? where)!.replace(/.*\//u, '')} ${problem?.what ?? what}`;
}

test.each([
  { name: 'plain', content: 'ImageId,EncodedPixels\nb,1 1\na,1 2\nb,4 1\nc,\n' },
  {
    name: 'with a byte order mark and CRLF',
    content: '\ufeffImageId,EncodedPixels\r\nb,1 1\r\na,1 2\r\nb,4 1\r\nc,\r\n',
  },
  { name: 'quoted', content: '"ImageId","EncodedPixels"\n"b","1 1"\n"a","1 2"\n"b","4 1"\n"c",""\n' },
  { name: 'with other columns', content: 'Usage,EncodedPixels,ImageId\nx,1 1,b\nx,1 2,a\nx,4 1,b\nx,,c\n' },
  {
    name: 'with empty lines and no last line end',
    content: 'ImageId,EncodedPixels\n\nb,1 1\na,1 2\n\nb,4 1\nc, ',
  },
])('$name', async ({ content }) => {
  const source = await open(content);
  expect(source).toMatchObject({ kind: 'run lengths', ids: ['a', 'b', 'c'] });
  expect([...(await source.read('a', size)).labelImage.labels]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect([...(await source.read('b', size)).labelImage.labels]).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...(await source.read('c', size)).labelImage.labels]).toEqual(new Array(12).fill(0));
});

test('ids may be quoted and hold commas', async () => {
  expect((await open('ImageId,EncodedPixels\n"a,""b""",1 1\n')).ids).toEqual(['a,"b"']);
});

test('objects that overlap, and duplicates', async () => {
  const source = await open('ImageId,EncodedPixels\na,1 3\na,3 2\na,1 3\n');
  const { labelImage, withoutPixels, overlapPixels } = await source.read('a', size);
  // Down the first column; the second object has only the pixel after it.
  expect([...labelImage.labels]).toEqual([1, 2, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
  expect({ withoutPixels, overlapPixels }).toEqual({ withoutPixels: 1, overlapPixels: 4 });
});

test('a size in the file has to be the size of the image', async () => {
  const source = await open('ImageId,EncodedPixels,Height,Width\na,1 1,3,4\nb,1 1,4,3\n');
  expect((await source.read('a', size)).labelImage.labels[0]).toBe(1);
  expect(await errorOf(source.read('b', size))).toBe(
    'p.csv:3:3 The line says 3 x 4 pixels, but the image has 4 x 3: Height and Width are swapped.',
  );
});

test('runs beyond the image are found when its size is known', async () => {
  const source = await open('ImageId,EncodedPixels\na,1 1\na,11 3\n');
  expect(await errorOf(source.read('a', size))).toBe(
    'p.csv:3:3 The run at 11 of length 3 ends outside the image, which has 4 x 3 = 12 pixels.',
  );
});

test('all problems of the file are reported at once, with line and column', async () => {
  const { what, problems } = await dataErrorOf(
    open('ImageId,EncodedPixels\r\na,1 2 5\r\n\r\n"b","1 1 x 2"\r\n,1 1\r\n'),
  );
  expect(what).toBe('The run lengths have 3 problems.');
  expect(problems.map(({ what, where }) => `${where!.replace(/.*\//u, '')} ${what}`)).toEqual([
    'p.csv:2:7 The start 5 has no length.',
    'p.csv:4:10 Expected a number of pixels in digits, received `x`.',
    'p.csv:5:1 The image id is empty.',
  ]);
});

test('a file that is not there', async () => {
  const folder = temporaryFolder();
  const path = `${folder.path}/p.csv`;
  await expect(openPrediction(path)).rejects.toMatchObject({
    ...{ exitCode: 2, where: path, message: `There is no file or folder \`${path}\`.` },
  });
});
