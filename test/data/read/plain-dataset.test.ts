import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import type { Image } from '../../../src/data/image/image.js';
import { masksOfLabels } from '../../../src/data/geometry/mask.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import type { AnnotatedImage } from '../../../src/data/read/example.js';
import type { Dataset } from '../../../src/data/read/layout.js';
import { type PlainSource, writePlainDataset } from '../../../src/data/read/plain-dataset.js';
import { ownIdentity } from '../../../src/process-identity.js';
import { readAll } from '../read-all.js';

const folder = mkdtempSync(join(tmpdir(), 'nucleate-plain-'));
afterAll(() => rmSync(folder, { recursive: true }));
const memory = join(folder, 'memory');
mkdirSync(memory);
let count = 0;
const newFolder = () => join(folder, `out-${count++}`);
const options = { version: '1', now: new Date(0) };

/** A dataset in memory, as a reader gives it. */
function source(images: readonly AnnotatedImage[], others: Partial<Dataset & PlainSource> = {}): PlainSource {
  const { annotator, licence, ...dataset } = { licence: undefined, annotator: undefined, ...others };
  const entries = images.map((image) => ({
    id: image.id,
    place: image.id,
    read: () => Promise.resolve(image),
  }));
  return {
    ...{ path: memory, annotator, licence: licence ?? undefined },
    dataset: {
      ...{ path: folder, layout: 'memory', kind: '', description: '', licence: null, problems: [] },
      sources: [],
      images: entries,
      identity: () => Promise.resolve('0'.repeat(64)),
      close: () => Promise.resolve(),
      ...dataset,
    },
  };
}

const grey = (width: number, height: number, value: number): Image => ({
  ...{ width, height, channels: 1 },
  data: new Uint8Array(width * height).fill(value),
});

const annotated = (id: string, image: Image, labels: readonly number[]): AnnotatedImage => ({
  ...{ id, image },
  masks: masksOfLabels(Uint16Array.from(labels), image),
});

test('what is written is read back: pixels, nuclei, reviewed regions, clusters and annotators', async () => {
  const pixels = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
    .chain(([width, height]) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        labels: fc.array(fc.integer({ min: 0, max: 5 }), {
          minLength: width * height,
          maxLength: width * height,
        }),
        values: fc.array(fc.integer({ min: 0, max: 65535 }), {
          minLength: width * height,
          maxLength: width * height,
        }),
        hasIgnore: fc.boolean(),
      }),
    );
  await fc.assert(
    fc.asyncProperty(pixels, async ({ width, height, labels, values, hasIgnore }) => {
      const image: Image = { width, height, channels: 1, data: Uint16Array.from(values) };
      const ignore = Uint8Array.from(labels, (label) => (label === 0 ? 1 : 0));
      const given = { ...annotated('a/b', image, labels), cluster: 'c', ...(hasIgnore && { ignore }) };
      const out = newFolder();
      await writePlainDataset([source([given], { annotator: 'ada' })], out, options);
      const [read] = await readAll(out);
      expect(read).toMatchObject({ id: 'a-b', image, cluster: 'c', annotation: { annotator: 'ada' } });
      const used = [...new Set(labels)].filter((label) => label > 0).sort();
      expect([...read!.labelImage.labels]).toEqual(labels.map((label) => used.indexOf(label) + 1));
      expect(read!.ignore).toEqual(
        hasIgnore && ignore.includes(1) ? ignore : hasIgnore ? read!.ignore : undefined,
      );
    }),
    { numRuns: 20 },
  );
});

test('nuclei that are numbered in another order do not differ', async () => {
  const image = grey(3, 1, 7);
  const parts = [source([annotated('x', image, [1, 0, 2])]), source([annotated('p', image, [2, 0, 1])])];
  const { sources } = await writePlainDataset(parts, newFolder(), options);
  expect(sources[1]!.repeated).toEqual([{ image: 'p', sameAs: 'x', hasOtherNuclei: false }]);
});

test('images of equal pixels are written once, and the record says where and whether the nuclei differ', async () => {
  const [one, two] = [grey(2, 1, 7), grey(2, 1, 8)];
  const first = source([annotated('x', one, [1, 0]), annotated('y', two, [1, 1])], { licence: 'CC0-1.0' });
  const second = source([
    annotated('X', grey(2, 1, 9), [0, 0]),
    annotated('p', one, [1, 0]),
    annotated('q', two, [1, 2]),
  ]);
  const out = newFolder();
  const { sources } = await writePlainDataset([first, second], out, options);
  expect(sources.map(({ images, nuclei, repeated }) => ({ images, nuclei, repeated }))).toEqual([
    { images: 2, nuclei: 2, repeated: [] },
    {
      ...{ images: 1, nuclei: 0 },
      repeated: [
        { image: 'p', sameAs: 'x', hasOtherNuclei: false },
        { image: 'q', sameAs: 'y', hasOtherNuclei: true },
      ],
    },
  ]);
  expect(readdirSync(out).sort()).toEqual([
    ...['X-2.png', 'X-2_masks.png', 'groups.csv', 'provenance.json'],
    ...['x.png', 'x_masks.png', 'y.png', 'y_masks.png'],
  ]);
  expect(JSON.parse(readFileSync(join(out, 'provenance.json'), 'utf8'))).toEqual({
    ...{ date: '1970-01-01T00:00:00.000Z', nucleate: '1', sources },
  });
});

test('overlaps, nuclei without a pixel and values that are no numbers are counted', async () => {
  const mask = (name: string, start: number, length: number) => ({
    name,
    runs: Int32Array.of(start, length),
  });
  const pixels = { ...grey(4, 1, 1), missing: { value: 1, count: 2 } };
  const image = { id: 'a', image: pixels, masks: [mask('1', 0, 3), mask('2', 1, 2), mask('3', 2, 2)] };
  const { sources } = await writePlainDataset([source([image])], newFolder(), options);
  expect(sources[0]).toMatchObject({
    nuclei: 2,
    changed: { overlapPixels: 3, lostNuclei: 1, missingValues: 2 },
    kept: { withHoles: 0, inPieces: 0, specks: 3 },
  });
});

test('the record says what was left out, who annotated, and where the parts of a joined dataset come from', async () => {
  const crowd = { what: 'crowd regions', count: 2 };
  const [mine, theirs, joined] = [newFolder(), newFolder(), newFolder()];
  const first = { ...annotated('a', grey(1, 1, 1), [1]), leftOut: [crowd] };
  await writePlainDataset([source([first], { annotator: 'ada' })], mine, options);
  await writePlainDataset(
    [source([annotated('b', grey(1, 1, 2), [1])], { annotator: 'bob' })],
    theirs,
    options,
  );
  const parts = await Promise.all(
    [mine, theirs].map(async (path) => ({ path, dataset: await openDataset(path) })),
  );
  const { sources } = await writePlainDataset(parts, joined, options);
  for (const { dataset } of parts) await dataset.close();
  expect(sources.map(({ annotator }) => annotator)).toEqual(['ada', 'bob']);
  expect(sources.map((part) => part.sources?.map(({ annotator, leftOut }) => [annotator, leftOut]))).toEqual([
    [['ada', [crowd]]],
    [['bob', []]],
  ]);
});

test('after a kill an import goes on where it was; other sources begin again', async () => {
  const given = ['a', 'b', 'c', 'd'].map((id, index) => annotated(id, grey(2, 1, index % 3), [1, 0]));
  const [whole, out] = [newFolder(), newFolder()];
  await writePlainDataset([source(given)], whole, options);
  const read: string[] = [];
  /** The fourth image, which has the pixels of the first, cannot be read until `isWhole`. */
  const begun = (isWhole: boolean) => {
    const { dataset, ...facts } = source(given);
    const images = dataset.images.map((entry) => ({
      ...entry,
      read: () => {
        read.push(entry.id);
        return entry.id === 'd' && !isWhole ? new Promise<never>(() => {}) : entry.read();
      },
    }));
    return { ...facts, dataset: { ...dataset, images } };
  };
  const written = () => readdirSync(`${out}.part`).filter((name) => name === 'c_masks.png').length;
  // Never ends, as after a kill.
  void writePlainDataset([begun(false)], out, options);
  await vi.waitUntil(() => existsSync(`${out}.part`) && written() === 1);
  await vi.waitUntil(() => readFileSync(join(`${out}.part`, 'import.jsonl'), 'utf8').split('\n').length >= 5);
  read.length = 0;
  // A process before the last boot has written it, so it is dead.
  writeFileSync(
    join(`${out}.part`, '.nucleate-part.json'),
    JSON.stringify({ ...ownIdentity(), boot: 'before' }),
  );
  await writePlainDataset([begun(true)], out, options);
  expect(read).toEqual(['d']);
  const contents = (path: string) =>
    readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString('hex')]);
  expect(contents(out)).toEqual(contents(whole));

  const other = newFolder();
  mkdirSync(`${other}.part`);
  writeFileSync(join(`${other}.part`, 'import.jsonl'), '{"import":"another"}\n');
  await writePlainDataset([source(given)], other, options);
  expect(contents(other)).toEqual(contents(whole));
});

test('the licence of a written dataset is read; one that is unknown makes it unknown', async () => {
  const [known, joined] = [newFolder(), newFolder()];
  await writePlainDataset(
    [source([annotated('a', grey(1, 1, 1), [1])], { licence: 'CC-BY-4.0' })],
    known,
    options,
  );
  const dataset = await openDataset(known);
  expect(dataset.licence).toBe('CC-BY-4.0');
  const other = source([annotated('b', grey(1, 1, 2), [1])]);
  await writePlainDataset([{ path: known, dataset }, other], joined, options);
  await dataset.close();
  const read = await openDataset(joined);
  expect([read.licence, read.images.length]).toEqual([null, 2]);
  await read.close();
});

test('bad input, an existing folder and a failure in the middle leave nothing behind', async () => {
  const out = newFolder();
  const bad = source([], { problems: [{ what: 'Bad.' }] });
  await expect(writePlainDataset([bad], out, options)).rejects.toMatchObject({ exitCode: 3 });
  await expect(writePlainDataset([source([])], out, options)).rejects.toMatchObject({ exitCode: 3 });
  const good = source([annotated('a', grey(1, 1, 1), [1])]);
  const broken = source([annotated('b', grey(1, 1, 2), [1])]);
  const failing = {
    ...broken,
    dataset: {
      ...broken.dataset,
      images: [{ id: 'b', place: 'b', read: () => Promise.reject(new Error('broken')) }],
    },
  };
  await expect(writePlainDataset([good, failing], out, options)).rejects.toThrow('broken');
  expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false]);
  await writePlainDataset([good], out, options);
  await expect(writePlainDataset([good], out, options)).rejects.toMatchObject({ exitCode: 2 });
  writeFileSync(join(out, 'kept'), '');
  const within = join(memory, 'joined');
  await expect(writePlainDataset([good], within, options)).rejects.toMatchObject({
    exitCode: 2,
    where: within,
  });
  expect(readdirSync(memory)).toEqual([]);
});
