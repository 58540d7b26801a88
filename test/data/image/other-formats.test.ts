import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image/image-io.js';
import { readLabelImage } from '../../../src/data/image/label-io.js';

const latin = (text: string) => Buffer.from(text.padEnd(200, '\0'), 'latin1');
const tiff = 'II*\0\x08\0\0\0';
const ole = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';

test.each([
  ['a.czi', 'ZISRAWFILE', 'a Zeiss CZI image', 'ZEN'],
  ['renamed.tif', 'ZISRAWFILE', 'a Zeiss CZI image', 'ZEN'],
  ['a.nd2', '\xda\xce\xbe\x0a', 'a Nikon ND2 image', 'NIS-Elements'],
  ['a.lif', '\x70\0\0\0\x10\0\0\0\x2a', 'a Leica LIF project', 'LAS X'],
  ['a.VSI', tiff, 'an Olympus VSI slide', 'cellSens'],
  ['b/frame_t.ets', 'SIS\0', 'part of an Olympus VSI slide', 'cellSens'],
  ['a.mrxs', '\xff\xd8\xff\xe0', 'a 3DHISTECH MRXS slide', 'SlideConverter'],
  ['a.oib', ole, 'an Olympus FluoView image', 'FluoView'],
  ['a.zvi', ole, 'a Zeiss ZVI image', 'AxioVision'],
  ['a', ole, 'an OLE file, as those of FluoView (OIB) and AxioVision (ZVI)', 'Fiji'],
  ['a.ims', '\x89HDF\r\n\x1a\n', 'an Imaris image', 'Imaris'],
  ['a.h5', '\x89HDF\r\n\x1a\n', 'an HDF5 file, as those of Imaris and ilastik', 'Fiji'],
  ['a.dcm', `${'\0'.repeat(128)}DICM`, 'a DICOM image', 'QuPath'],
  ['a.npy', '\x93NUMPY\x01\0', 'a NumPy array', 'tifffile'],
  ['a.jp2', '\0\0\0\x0cjP  \r\n\x87\n', 'a JPEG 2000 image', 'PNG'],
  ['a.j2k', '\xff\x4f\xff\x51', 'a JPEG 2000 image', 'PNG'],
  ['a.heic', '\0\0\0\x18ftypheic', 'a HEIC or AVIF image', 'PNG'],
  ['a.webp', 'RIFF\x10\0\0\0WEBPVP8 ', 'a WebP image', 'PNG'],
  ['a.gif', 'GIF89a', 'a GIF image', 'PNG'],
  ['a.bmp', 'BM\x36\x10\0\0\0\0\0\0', 'a BMP image', 'PNG'],
  ['a.svg', '<?xml version="1.0"?>\n<svg width="1">', 'an SVG drawing', 'PNG'],
  ['a.png', '<!DOCTYPE html><html>', 'a web page', 'Download'],
  [
    'a.png',
    'version https://git-lfs.github.com/spec/v1',
    'a pointer of Git LFS instead of the image',
    'git lfs',
  ],
])('%s that begins %j is %s', async (file, begin, name, program) => {
  for (const read of [readImage, readLabelImage]) {
    if (read === readLabelImage && /VSI|mrxs/u.test(file)) continue;
    const reading = read(latin(begin), file);
    await expect(reading).rejects.toThrow(`The file is ${name}, which is not read.`);
    await expect(reading).rejects.toMatchObject({ where: file, exitCode: 3 });
    await expect(reading.catch((error: { hint: string }) => error.hint)).resolves.toContain(program);
  }
});
