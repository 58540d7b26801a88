import fc from 'fast-check';
import { Readable } from 'node:stream';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runsOfCocoCounts, unpackCocoCounts } from '../../../src/data/geometry/coco-rle.js';
import { readImage } from '../../../src/data/image/image-io.js';
import { readLabelImage } from '../../../src/data/image/label-io.js';
import type { Image } from '../../../src/data/image/image.js';
import { masksOfLabels } from '../../../src/data/geometry/mask.js';
import { decodeRuns } from '../../../src/data/geometry/rle.js';
import { readRunLengthCsv } from '../../../src/data/read/annotations/run-length-csv.js';
import type { Segmentation } from '../../../src/predict/assemble/segmentation.js';
import { cocoDocument } from '../../../src/predict/formats/coco.js';
import { geojsonDocument } from '../../../src/predict/formats/geojson.js';
import { nucleiTable } from '../../../src/predict/formats/nuclei-table.js';
import { roiSet } from '../../../src/predict/formats/roi-set.js';
import { runLengthHeader, runLengthLines } from '../../../src/predict/formats/run-length.js';
import { outputFormatNames } from '../../../src/predict/formats/output-formats.js';
import { writeOutputs } from '../../../src/predict/formats/write-outputs.js';
import { narrow } from '../../reference/draw.js';
import { labelImageOf, maskOfLabel, rasterise, segmentationOf, segmentations } from './segmentations.js';
import { decodeRoi, unzip } from './read-roi.js';

/** Writes outputs, and gives their paths. */
const outputPaths = async (...args: Parameters<typeof writeOutputs>) =>
  (await writeOutputs(...args)).map(({ file }) => path.join(args[0], file));

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

const greyImage = ({ labelImage: { width, height } }: Segmentation): Image => ({
  ...{ width, height, channels: 1 },
  data: Uint8Array.from({ length: width * height }, (_, pixel) => (7 * pixel) % 256),
});

const few = { numRuns: 50 };

test('run lengths are read back', async () => {
  await fc.assert(
    fc.asyncProperty(segmentations, async (segmentation) => {
      const { labelImage } = segmentation;
      const text = [runLengthHeader, ...runLengthLines('an, "id"', segmentation)];
      const { images, problems } = await readRunLengthCsv(
        Readable.from(text.map((line) => Buffer.from(line))),
        'file',
      );
      expect(problems).toEqual([]);
      const runs = [...images.get('an, "id"')!].map((row) => decodeRuns(row.runs, labelImage));
      const masks = masksOfLabels(labelImage.labels, labelImage).map((mask) => mask.runs);
      expect(runs).toEqual(masks.length > 0 ? masks : [new Int32Array(0)]);
    }),
    few,
  );
});

const CocoFile = z.strictObject({
  info: z.strictObject({ description: z.string() }),
  licenses: z.array(z.never()),
  categories: z.tuple([
    z.strictObject({ id: z.literal(1), name: z.literal('nucleus'), supercategory: z.string() }),
  ]),
  images: z.array(z.strictObject({ id: z.int(), file_name: z.string(), width: z.int(), height: z.int() })),
  annotations: z.array(
    z.strictObject({
      id: z.int(),
      image_id: z.int(),
      category_id: z.literal(1),
      segmentation: z.union([
        z.array(z.array(z.number()).min(8)).min(1),
        z.strictObject({ size: z.tuple([z.int(), z.int()]), counts: z.string() }),
      ]),
      area: z.int().min(1),
      bbox: z.tuple([z.int(), z.int(), z.int().min(1), z.int().min(1)]),
      iscrowd: z.literal(0),
      score: z.number().min(0).max(1),
    }),
  ),
});

test.each(['run-length', 'polygons'] as const)('COCO with %s is read back, image by image', (masks) => {
  fc.assert(
    fc.property(fc.array(segmentations, { maxLength: 3 }), (found) => {
      const images = found.map((segmentation, k) => ({ id: 7 + k, fileName: `${k}.png`, segmentation }));
      const file = CocoFile.parse(JSON.parse([...cocoDocument(images, masks)].join('')));
      expect(file.annotations.map(({ id }) => id)).toEqual(file.annotations.map((_, index) => index + 1));
      for (const { id, fileName, segmentation } of images) {
        const { labelImage, instances } = segmentation;
        const { width, height } = labelImage;
        expect(file.images.find((image) => image.id === id)).toEqual({
          id,
          file_name: fileName,
          width,
          height,
        });
        const annotations = file.annotations.filter(({ image_id }) => image_id === id);
        expect(annotations).toHaveLength(instances.length);
        for (const [index, annotation] of annotations.entries()) {
          const { area, box, score, label } = instances[index]!;
          const { x1, y1, x2, y2 } = box;
          expect(annotation).toMatchObject({ area, bbox: [x1, y1, x2 - x1, y2 - y1] });
          expect(annotation.score).toBeCloseTo(score, 6);
          const shape = annotation.segmentation;
          if (Array.isArray(shape)) {
            expect(masks).toBe('polygons');
            expect(rasterise(shape, labelImage)).toEqual(maskOfLabel(labelImage, label));
          } else {
            expect(shape.size).toEqual([height, width]);
            const runs = runsOfCocoCounts(unpackCocoCounts(shape.counts), labelImage);
            expect(runs).toEqual(masksOfLabels(labelImage.labels, labelImage)[index]!.runs);
          }
        }
      }
    }),
    few,
  );
});

test('COCO polygons hold no holes, so that such a mask has run lengths', () => {
  const segmentation = segmentationOf(labelImageOf(['111', '1.1', '111', '...', '2.2']));
  const file = CocoFile.parse(
    JSON.parse([...cocoDocument([{ id: 1, fileName: 'x', segmentation }], 'polygons')].join('')),
  );
  expect(file.annotations[0]!.segmentation).toMatchObject({ size: [5, 3] });
  expect(file.annotations[1]!.segmentation).toHaveLength(2);
});

const Ring = z
  .array(z.tuple([z.int(), z.int()]))
  .min(4)
  .refine((ring) => ring[0]!.join() === ring.at(-1)!.join(), 'a closed ring');

/** RFC 7946, sections 3.1.6, 3.1.7, 3.2 and 3.3, and what QuPath reads of a detection. */
const QuPathFile = z.strictObject({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.strictObject({
      type: z.literal('Feature'),
      id: z.uuid(),
      geometry: z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('Polygon'), coordinates: z.array(Ring).min(1) }),
        z.strictObject({
          type: z.literal('MultiPolygon'),
          coordinates: z.array(z.array(Ring).min(1)).min(2),
        }),
      ]),
      properties: z.strictObject({
        objectType: z.literal('detection'),
        name: z.string(),
        classification: z.strictObject({
          name: z.string(),
          color: z.tuple([z.int().max(255), z.int().max(255), z.int().max(255)]),
        }),
        measurements: z.record(z.string(), z.number()),
      }),
    }),
  ),
});

test('GeoJSON is read back', () => {
  fc.assert(
    fc.property(segmentations, (segmentation) => {
      const { labelImage, instances } = segmentation;
      const text = [...geojsonDocument('name', { image: greyImage(segmentation), segmentation })].join('');
      const { features } = QuPathFile.parse(JSON.parse(text));
      expect(new Set(features.map(({ id }) => id)).size).toBe(instances.length);
      for (const [index, { geometry, properties }] of features.entries()) {
        const { area, label, score } = instances[index]!;
        const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
        const rings = polygons.flat().map((ring) => ring.slice(0, -1).flat());
        expect(rasterise(rings, labelImage)).toEqual(maskOfLabel(labelImage, label));
        expect(properties.measurements).toMatchObject({ 'Area px^2': area });
        expect(properties.measurements.Score).toBeCloseTo(score, 6);
      }
    }),
    few,
  );
});

test('the ids of GeoJSON are those of the image and the label', () => {
  const segmentation = segmentationOf(labelImageOf(['1']));
  const id = (name: string) =>
    QuPathFile.parse(
      JSON.parse([...geojsonDocument(name, { image: greyImage(segmentation), segmentation })].join('')),
    ).features[0]!.id;
  expect(id('one')).toBe(id('one'));
  expect(id('one')).not.toBe(id('other'));
});

test('ImageJ regions are read back', async () => {
  await fc.assert(
    fc.asyncProperty(segmentations, async (segmentation) => {
      const { labelImage, instances } = segmentation;
      const files = await unzip(await roiSet(segmentation, 'image'));
      expect(files.map(({ name }) => name)).toEqual(
        instances.map(({ label }) => `${String(label).padStart(4, '0')}.roi`),
      );
      for (const [index, { name, bytes }] of files.entries()) {
        const roi = decodeRoi(bytes);
        expect(roi.box).toEqual(instances[index]!.box);
        expect(`${roi.name}.roi`).toBe(name);
        expect(rasterise(roi.rings, labelImage)).toEqual(maskOfLabel(labelImage, index + 1));
      }
    }),
    few,
  );
});

test('the same nuclei give the same zip', async () => {
  const segmentation = segmentationOf(labelImageOf(['11.', '..2']));
  expect(await roiSet(segmentation, 'image')).toEqual(await roiSet(segmentation, 'image'));
});

test('an image too large for ImageJ regions is an error', async () => {
  const labelImage = { width: 60_536, height: 1, labels: new Int32Array(60_536) };
  await expect(roiSet({ labelImage, instances: [] }, 'huge')).rejects.toMatchObject({
    message: 'ImageJ regions have coordinates up to 60535 px, but the image has 60536 x 1 px.',
    where: 'huge',
    exitCode: 3,
  });
});

describe('the table', () => {
  const segmentation = segmentationOf(labelImageOf(['.11', '.11', '2..']));

  test('one line a nucleus', () => {
    const text = [...nucleiTable(greyImage(segmentation), segmentation)].join('');
    // Intensities are 7 times the index of the pixel: 1, 2, 4, 5 and 6.
    expect(text).toBe(
      'id,score,centroid_x,centroid_y,x1,y1,x2,y2,area,perimeter,eccentricity,mean_intensity\n' +
        '1,1,1.5,0.5,1,0,3,2,4,4,0,21\n' +
        '2,0.5,0,2,0,2,1,3,1,0,0,42\n',
    );
  });

  test('colour images have measurements of each channel', () => {
    const data = Uint8Array.from({ length: 27 }, (_, index) => index);
    const text = [...nucleiTable({ width: 3, height: 3, channels: 3, data }, segmentation)].join('');
    const rows = parse<Record<string, string>>(text, { columns: true });
    expect(rows[0]).toMatchObject({ mean_intensity: '10', mean_red: '9', mean_green: '10', mean_blue: '11' });
  });

  test('where the size of a pixel is known, areas are told in um2, too, here and for QuPath', () => {
    const image = { ...greyImage(segmentation), pixelSize: { x: 0.5, y: 0.25 } };
    const rows = parse<Record<string, string>>([...nucleiTable(image, segmentation)].join(''), {
      columns: true,
    });
    expect(rows.map((row) => [row['area'], row['area_um2']])).toEqual([
      ['4', '0.5'],
      ['1', '0.125'],
    ]);
    const { features } = JSON.parse([...geojsonDocument('a', { image, segmentation })].join('')) as {
      features: { properties: { measurements: object } }[];
    };
    expect(features[0]!.properties.measurements).toMatchObject({ 'Area px^2': 4, 'Area µm^2': 0.5 });
  });
});

describe('writeOutputs', () => {
  const segmentation = segmentationOf(labelImageOf(['11..', '1.22', '..22']));
  const segmented = { image: greyImage(segmentation), segmentation };

  test('writes a file a format, named after the image', async () => {
    const output = path.join(folder, 'all');
    const paths = await outputPaths(
      output,
      'cell 1',
      { ...segmented, fileName: 'cell 1.tif' },
      outputFormatNames,
    );
    expect(paths).toHaveLength(outputFormatNames.length);
    // Those of nine formats; a later one adds to the list.
    expect(paths.slice(0, 9).map((file) => path.relative(output, file))).toEqual([
      ...['labels/cell 1.png', 'table/cell 1.csv', 'overlay/cell 1.png', 'outlines/cell 1.png'],
      ...['run-length/cell 1.csv', 'coco/cell 1.json', 'coco-polygons/cell 1.json'],
      ...['geojson/cell 1.geojson', 'imagej/cell 1.zip'],
    ]);
    for (const file of paths) expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
    expect(await readLabelImage(paths[0]!)).toEqual(narrow(segmentation.labelImage));
    expect(await readImage(paths[2]!)).toMatchObject({ width: 16, height: 12, channels: 3 });
    expect(readFileSync(paths[4]!, 'utf8')).toBe(
      'ImageId,EncodedPixels\ncell 1,1 2 4 1\ncell 1,8 2 11 2\n', // columns of 3
    );
    expect(CocoFile.parse(JSON.parse(readFileSync(paths[5]!, 'utf8'))).images[0]!.file_name).toBe(
      'cell 1.tif',
    );
    for (const file of paths.slice(0, 9)) expect(statBytes(file)).toBeGreaterThan(20);
  });

  test('an image without nuclei has every output as well', async () => {
    const empty = segmentationOf({ width: 2, height: 3, labels: new Int32Array(6) });
    const paths = await outputPaths(
      path.join(folder, 'empty'),
      'none',
      { image: greyImage(empty), segmentation: empty },
      outputFormatNames,
    );
    expect(paths).toHaveLength(outputFormatNames.length);
    expect(readFileSync(paths[4]!, 'utf8')).toBe('ImageId,EncodedPixels\nnone,\n');
    expect(await unzip(readFileSync(paths[outputFormatNames.indexOf('imagej')]!))).toEqual([]);
  });

  test('the same nuclei give the same bytes, and old files are replaced', async () => {
    const output = path.join(folder, 'twice');
    const first = await outputPaths(output, 'x', segmented, outputFormatNames);
    const bytes = first.map((file) => readFileSync(file));
    for (const file of first) writeFileSync(file, 'old');
    const second = await outputPaths(output, 'x', segmented, outputFormatNames);
    expect(second.map((file) => readFileSync(file))).toEqual(bytes);
  });

  test('more than 65,535 labels become a 32-bit TIFF', async () => {
    const size = { width: 257, height: 256 };
    const labels = Int32Array.from({ length: 257 * 256 }, (_, pixel) => pixel + 1);
    const many = { labelImage: { ...size, labels }, instances: [] };
    const image: Image = { ...size, channels: 1, data: new Uint8Array(257 * 256) };
    const [file] = await outputPaths(folder, 'many', { image, segmentation: many }, ['labels']);
    expect(path.basename(file!)).toBe('many.tif');
    const read = await readLabelImage(file!, file, { labelImages: 'numbers' });
    expect(Buffer.compare(new Uint8Array(read.labels.buffer), new Uint8Array(labels.buffer))).toBe(0);
  });

  test.each([
    '../../canary',
    '/tmp/canary',
    'C:\\canary',
    'a/b',
    'nul\0nul',
    'NUL.png',
    '..',
    '.',
    '',
    '~root',
    '-rf',
    'line\nbreak\u001b[31m',
    '\u202egnp.exe',
    'x'.repeat(400),
    '😀'.repeat(100),
    'trailing. ',
  ])('a name as %j leads nowhere else', async (name) => {
    const output = path.join(
      folder,
      'hostile',
      Buffer.from(name).toString('hex').slice(0, 40),
      'deep',
      'down',
    );
    const paths = await outputPaths(output, name, segmented, ['labels', 'run-length', 'coco', 'geojson']);
    for (const file of paths) {
      expect(path.dirname(path.dirname(file))).toBe(output);
      expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
      expect(path.basename(file)).not.toMatch(/[\u0000-\u001f\u202e\\:]|^[.~-]|^nul\./iu);
    }
    expect(readdirSync(output).sort()).toEqual(['coco', 'geojson', 'labels', 'run-length']);
  });

  test('different names give different files', async () => {
    const output = path.join(folder, 'alike');
    const names = ['a/b', 'a_b', 'a\\b', 'a:b', 'x'.repeat(300), 'x'.repeat(301)];
    for (const name of names) await outputPaths(output, name, segmented, ['run-length']);
    expect(readdirSync(path.join(output, 'run-length'))).toHaveLength(names.length);
  });

  test.each(['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])(
    '%j is no formula in a CSV',
    async (name) => {
      const [file] = await outputPaths(path.join(folder, 'formulas'), name, segmented, ['run-length']);
      for (const [field] of parse(readFileSync(file!, 'utf8'), { from: 2 })) expect(field).toBe(`'${name}`);
    },
  );

  test('links are replaced, not followed', async () => {
    const output = path.join(folder, 'links');
    const canary = path.join(folder, 'canary');
    writeFileSync(canary, 'alive');
    mkdirSync(path.join(output, 'run-length'), { recursive: true });
    symlinkSync(canary, path.join(output, 'run-length', 'x.csv'));
    symlinkSync(canary, path.join(output, 'run-length', `.x.csv.${process.pid}.part`));
    await outputPaths(output, 'x', segmented, ['run-length']);
    expect(readFileSync(canary, 'utf8')).toBe('alive');
    expect(readdirSync(path.join(output, 'run-length'))).toEqual(['x.csv']);
  });

  test('a folder that cannot be made is exit code 8, and nothing is left behind', async () => {
    const output = path.join(folder, 'blocked');
    writeFileSync(output, '');
    await expect(outputPaths(output, 'x', segmented, ['labels'])).rejects.toMatchObject({ exitCode: 8 });
    const taken = path.join(folder, 'taken');
    mkdirSync(path.join(taken, 'labels', 'x.png', 'in the way'), { recursive: true });
    await expect(outputPaths(taken, 'x', segmented, ['labels'])).rejects.toMatchObject({ exitCode: 8 });
    expect(readdirSync(path.join(taken, 'labels'))).toEqual(['x.png']);
    expect(existsSync(output)).toBe(true);
  });
});

const statBytes = (file: string) => readFileSync(file).length;
