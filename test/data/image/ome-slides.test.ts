import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image/image-io.js';
import { type Page, tiff } from '../../fixtures/images/write-tiff.js';

/** An image of one value, as the OME-XML calls it. */
interface Part {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly value: number;
}

const slide: Part = { name: 'slide.svs #1', width: 9, height: 7, value: 30 };
const label: Part = { name: 'label image', width: 4, height: 3, value: 200 };
const macro: Part = { name: 'macro image', width: 5, height: 2, value: 250 };

/** As Bio-Formats converts slides: an `Image` and a page for each. */
function ome(parts: readonly Part[]): Buffer {
  const images = parts.map(
    ({ name, width, height }, page) =>
      `<Image ID="Image:${page}" Name="${name}"><Pixels ID="Pixels:${page}" DimensionOrder="XYCZT" Type="uint8" ` +
      `SizeX="${width}" SizeY="${height}" SizeC="3" SizeZ="1" SizeT="1" PhysicalSizeX="0.5">` +
      `<Channel ID="Channel:${page}:0" SamplesPerPixel="3"/><TiffData IFD="${page}" PlaneCount="1"/></Pixels></Image>`,
  );
  const description = `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">${images.join('')}</OME>`;
  return tiff(
    parts.map(({ width, height, value }, page): Page => ({
      ...{ width, height, bits: 8, photometric: 'rgb', channels: 3 },
      samples: Array.from({ length: height }, () => new Array<number>(3 * width).fill(value)),
      ...(page === 0 && { description }),
    })),
  );
}

test.each([
  ['before its label and macro image', [slide, label, macro]],
  ['behind its label', [label, slide]],
])('a slide %s is read', async (_, parts) => {
  const { width, height, channels, data, pixelSize } = await readImage(ome(parts), 'slide.ome.tif');
  expect({ width, height, channels, pixelSize }).toEqual({
    ...{ width: 9, height: 7, channels: 3, pixelSize: { x: 0.5, y: 0.5 } },
  });
  expect([...data]).toEqual(new Array(9 * 7 * 3).fill(30));
});

test('a label by itself is an image', async () => {
  expect((await readImage(ome([label]), 'label.ome.tif')).width).toBe(4);
});

test('of several positions the error says which there are', async () => {
  const well = { ...slide, name: 'well "B2"'.replaceAll('"', '&quot;') };
  await expect(readImage(ome([slide, well, label]), 'plate.ome.tif')).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(
      /it holds 2 images \(positions, series\): "slide\.svs #1" \(9 x 7\), .*B2.* \(9 x 7\)\.$/u,
    ) as string,
  });
});
