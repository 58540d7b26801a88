import { describe, expect, test } from 'vitest';
import { openPrediction } from '../../../src/eval/sources/open.js';
import { refusalOf } from '../../data/expect-refusal.js';
import { temporaryFolder } from './temporary-folder.js';

const size = { width: 4, height: 3 };

async function open(content: string) {
  const folder = temporaryFolder();
  folder.text('p.csv', content);
  return openPrediction(`${folder.path}/p.csv`);
}

/** What is wrong and where, without the folder. */
async function refused(promise: Promise<unknown>) {
  const { what, where, problems } = await refusalOf(promise);
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
  expect(source).toMatchObject({ kind: 'run-length CSV', ids: ['a', 'b', 'c'] });
  expect([...(await source.read('a', size)).labelImage.labels]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect([...(await source.read('b', size)).labelImage.labels]).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...(await source.read('c', size)).labelImage.labels]).toEqual(new Array(12).fill(0));
});

test('ids may be quoted and hold commas', async () => {
  expect((await open('ImageId,EncodedPixels\n"a,""b""",1 1\n')).ids).toEqual(['a,"b"']);
});

test('objects that overlap, and duplicates', async () => {
  const source = await open('ImageId,EncodedPixels\na,1 3\na,3 2\na,1 3\n');
  const { labelImage, pixelless, overlapPixels } = await source.read('a', size);
  expect([...labelImage.labels]).toEqual([1, 2, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
  expect({ pixelless, overlapPixels }).toEqual({ pixelless: 1, overlapPixels: 4 });
});

describe('runs that are wrong, with line and column', () => {
  test.each([
    { row: 'a,1 2 5', error: 'p.csv:2:7 Start 5 has no length.' },
    { row: 'a,0 2', error: 'p.csv:2:3 A run starts at 0; the first pixel is 1.' },
    {
      row: 'a,1 1\na,11 3',
      error: 'p.csv:3:3 The run at 11 of length 3 ends beyond the 12 pixels of the image.',
    },
    { row: '"a","1 1 4.5 2"', error: 'p.csv:2:10 Expected a number of pixels in digits, received `4.5`.' },
    { row: 'a,5 1 1 1', error: 'p.csv:2:7 The run at 1 begins before the one before it has ended, at 5.' },
  ])('$row', async ({ row, error }) => {
    const source = await open(`ImageId,EncodedPixels\n${row}\n`);
    expect(await refused(source.read('a', size))).toBe(error);
  });
});

test('the column is right also after CRLF and empty lines', async () => {
  const source = await open('ImageId,EncodedPixels\r\nb,1 1\r\n\r\n"a","1 2 9"\r\n');
  expect(await refused(source.read('a', size))).toBe('p.csv:4:10 Start 9 has no length.');
});

describe('files that are wrong', () => {
  test.each([
    { content: '', error: 'p.csv The file is empty.' },
    {
      content: 'ImageId;EncodedPixels\na;1 1\n',
      error: 'p.csv:1 The column ImageId is missing; the header is `ImageId;EncodedPixels`.',
    },
    {
      content: 'ImageId,Pixels\na,1 1\n',
      error: 'p.csv:1 The column EncodedPixels is missing; the header is `ImageId,Pixels`.',
    },
    {
      content: 'ImageId,EncodedPixels,ImageId\na,1 1,a\n',
      error: 'p.csv:1 The column ImageId is there twice.',
    },
    {
      content: 'ImageId,EncodedPixels\na,1 1\na,1,1\n',
      error: 'p.csv:3 Invalid Record Length: expect 2, got 3 on line 3.',
    },
    { content: 'ImageId,EncodedPixels\n"a,1 1\n', error: /^p\.csv:2 Quote Not Closed/u },
    { content: 'ImageId,EncodedPixels\n,1 1\n', error: 'p.csv:2:1 The image id is empty.' },
    {
      content: 'ImageId,EncodedPixels\na,1 1\na,\n',
      error: 'p.csv:3:3 An empty field says that a has no nuclei, and other lines give it some.',
    },
  ])('$content', async ({ content, error }) => {
    expect(await refused(open(content))).toMatch(error);
  });

  test('a file that is not there', async () => {
    const folder = temporaryFolder();
    expect(await refused(openPrediction(`${folder.path}/p.csv`))).toMatch(
      /^p\.csv There is nothing to read: ENOENT/u,
    );
  });
});
