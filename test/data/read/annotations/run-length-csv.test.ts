import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRunLengthHeader } from '../../../../src/data/read/annotations/run-length-columns.js';
import { readRunLengthCsv } from '../../../../src/data/read/annotations/run-length-csv.js';

const read = (text: string) => readRunLengthCsv(Readable.from([Buffer.from(text)]), 'x.csv');
const header = 'ImageId,EncodedPixels\n';

test.each([
  ['plain', 'ImageId,EncodedPixels\na,1 2\na,5 1\nb,\n'],
  ['byte order mark, CRLF, no last line break', '\ufeffImageId,EncodedPixels\r\na,1 2\r\na,5 1\r\nb,'],
  ['semicolons and quotes', 'ImageId;EncodedPixels\n"a";"1 2"\na;5 1\nb;\n'],
  ['other columns, another order', 'Usage,EncodedPixels,ImageId\nPublic,1 2,a\n"x,y",5 1,a\nPublic,,b\n'],
  ['blank lines and spaces', 'ImageId,EncodedPixels\n\n a , 1  2 \n\na,5 1\n\nb,\n\n'],
])('%s', async (_, text) => {
  const { images, problems } = await read(text);
  expect(problems).toEqual([]);
  expect([...images].map(([id, lines]) => [id, [...lines].map(({ runs }) => [...runs])])).toEqual([
    [
      'a',
      [
        [1, 2],
        [5, 1],
      ],
    ],
    ['b', [[]]],
  ]);
});

test('sizes', async () => {
  const { images } = await read('ImageId,EncodedPixels,Height,Width,Usage\na,1 2,256,320,Private\n');
  expect([...images.get('a')!]).toEqual([
    { place: 'x.csv:2:3', line: 2, runs: Int32Array.of(1, 2), size: { width: 320, height: 256 } },
  ]);
});

test.each([
  ['an empty file', '', 'x.csv:1:1', 'The file is empty.'],
  [
    'a missing column',
    'Id,EncodedPixels\na,1 2\n',
    'x.csv:1:1',
    'The column ImageId is missing; the first line is `Id,EncodedPixels`.',
  ],
  ['a column twice', 'ImageId,EncodedPixels,ImageId\n', 'x.csv:1:1', 'There are two columns ImageId.'],
  [
    'a height without width',
    'ImageId,EncodedPixels,Height\n',
    'x.csv:1:1',
    'There is only one of the columns Height and Width.',
  ],
  ['a missing field', `${header}a,1 2\nb\n`, 'x.csv:3:1', 'The line has 1 fields, but the header has 2.'],
  ['an empty id', `${header},1 2\n`, 'x.csv:2:1', 'The image id is empty.'],
  [
    'a bad number',
    `${header}abc,1 2 x 4\n`,
    'x.csv:2:9',
    'Expected a number of pixels in digits, received `x`.',
  ],
  [
    'within quotes',
    `${header}"a,b","1 2 0 4"\n`,
    'x.csv:2:12',
    'A run starts at 0, but pixels are counted from 1.',
  ],
  ['on the second line of a field', `${header}\na,"1 2\n9"\n`, 'x.csv:4:1', 'The start 9 has no length.'],
  [
    'an empty line beside others',
    `${header}a,1 2\na,\n`,
    'x.csv:3:3',
    'This line says that a has no nuclei, but other lines have nuclei of it.',
  ],
  [
    'a bad size',
    'ImageId,EncodedPixels,Height,Width\na,1 2,0,5\n',
    'x.csv:2:7',
    'Expected a size in pixels, received `0`.',
  ],
  [
    'an open quote',
    `${header}a,"1 2\nb,3 4\n`,
    'x.csv:3:1',
    'The file is not a valid CSV: Quote Not Closed: the parsing is finished with an opening quote at line 3.',
  ],
])('%s', async (_, text, where, what) => {
  const { problems } = await read(text);
  expect(problems.map((problem) => [problem.where, problem.what])).toEqual([[where, what]]);
});

test('reading a file of another format stops after 1000 problems', async () => {
  const { problems } = await read(header + 'a,x\n'.repeat(5000));
  expect(problems).toHaveLength(1000);
});

test('a million pairs in one line', async () => {
  const pairs = Array.from({ length: 1e6 }, (_, i) => `${2 * i + 1} 1`).join(' ');
  const [line] = (await read(`${header}a,${pairs}\n`)).images.get('a')!;
  expect(line!.runs).toHaveLength(2e6);
});

test('the header of another table', () => {
  expect(isRunLengthHeader('\ufeff"ImageId";"EncodedPixels"')).toBe(true);
  expect(isRunLengthHeader('image_id,cluster,mosaic')).toBe(false);
});

test('lines with and without quotes, in chunks of any size, are the same table with the same places', async () => {
  const text =
    '\ufeffImageId,EncodedPixels\r\na,1 2\r\n\r\nb;3 4 9 1\rc,"1 2"\n"d, e",5 6\nf,7 x\n"g\n h",1 1\ni,2';
  const read = (chunks: readonly Buffer[]) => readRunLengthCsv(Readable.from(chunks), 'x.csv');
  const whole = await read([Buffer.from(text)]);
  expect([...whole.images].map(([id, lines]) => [id, [...lines].map(({ place }) => place)])).toEqual([
    ['a', ['x.csv:2:3']],
    ['b', ['x.csv:4:3']],
    ['c', ['x.csv:5:4']],
    ['d, e', ['x.csv:6:8']],
    ['g\n h', ['x.csv:9:5']],
  ]);
  expect(whole.problems.map(({ where }) => where)).toEqual(['x.csv:7:5', 'x.csv:10:3']);
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7, 64]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const parts = await read(chunks);
    expect(parts.problems).toEqual(whole.problems);
    expect([...parts.images].map(([id, lines]) => [id, [...lines]])).toEqual(
      [...whole.images].map(([id, lines]) => [id, [...lines]]),
    );
  }
});

const field = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', '1 2', '1 2 5 3', '7 1', '5', '12') },
  fc.constantFrom(
    '',
    ' ',
    ' a',
    'ä',
    'a ',
    '-1',
    'nan',
    '0 1',
    '3 0',
    '1 2 2 1',
    '1  2',
    '1 2 ',
    '4 x',
    '05',
    '1234567890',
  ),
);

test('any lines without quotes are what csv-parse makes of them with quotes', async () => {
  const columns = fc.constantFrom('ImageId,EncodedPixels', 'Width,EncodedPixels,ImageId,Height,Other');
  const rows = fc.array(fc.array(field, { minLength: 1, maxLength: 6 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(columns, rows, async (head, rows) => {
      const count = head.split(',').length;
      // Most lines have as many fields as the header.
      const whole = rows.map((fields, index) =>
        index % 5 === 4 ? fields : Array.from({ length: count }, (_, at) => fields[at % fields.length]!),
      );
      const written = (quote: string) =>
        read(
          [head, ...whole.map((fields) => fields.map((text) => quote + text + quote).join(','))].join('\n'),
        );
      const [plain, quoted] = [await written(''), await written('"')];
      const seen = (file: typeof plain) =>
        [...file.images].map(([id, lines]) => [
          id,
          [...lines].map(({ line, runs, size }) => [line, [...runs], size]),
        ]);
      expect(seen(plain)).toEqual(seen(quoted));
      const said = (file: typeof plain) =>
        file.problems.map(({ what, where }) => [what, where?.split(':')[1]]);
      expect(said(plain)).toEqual(said(quoted));
    }),
    { numRuns: 300, seed: 26 },
  );
});
