import { expect, test } from 'vitest';
import { AssembleSettings } from '../../src/config/assemble.js';
import { scaleFor, settingsAt, trainedDiameter, usualNucleus } from '../../src/predict/diameter.js';

/** 40 px of the network input are 20 px of an image. */
const detector = { config: { loader: { zoom: 2 } }, sizes: { low: 20, typical: 40, high: 100 } };

test('at the diameter of training the zoom is that of training', () => {
  expect(trainedDiameter(detector)).toBe(20);
  expect(scaleFor(20, undefined, detector)).toEqual({ diameter: 20, zoom: 2 });
});

test('nuclei of half the diameter are shown twice as large', () => {
  expect(scaleFor(10, undefined, detector).zoom).toBe(4);
  expect(scaleFor(80, undefined, detector).zoom).toBe(0.5);
});

test('um: by the size of a pixel; of pixels that are not square, by their area', () => {
  expect(scaleFor({ um: 10 }, { x: 0.25, y: 0.25 }, detector)).toEqual({ diameter: 40, zoom: 1 });
  // 0.2 x 0.8 um are as large as 0.4 x 0.4 um.
  expect(scaleFor({ um: 10 }, { x: 0.2, y: 0.8 }, detector).diameter).toBeCloseTo(25, 12);
  expect(usualNucleus).toBe(10);
});

test('um means nothing in an image that does not tell the size of its pixels', () => {
  expect(() => scaleFor({ um: 10 }, undefined, detector)).toThrow('does not tell the size of its pixels');
});

test('a diameter that is far from that of training is an error', () => {
  expect(scaleFor(2.5, undefined, detector).zoom).toBe(16);
  expect(scaleFor(320, undefined, detector).zoom).toBe(0.125);
  const failure = (asked: Parameters<typeof scaleFor>[0]) => {
    try {
      return scaleFor(asked, { x: 1, y: 1 }, detector);
    } catch (error) {
      return error;
    }
  };
  expect(failure(2.4)).toMatchObject({
    message: 'Nuclei of 2.4 px cannot be predicted: this model takes diameters of 2.5 to 320 px.',
    exitCode: 2,
  });
  expect(failure(321)).toMatchObject({ exitCode: 2 });
  // The size of the pixels is the image's own.
  expect(failure({ um: 2.4 })).toMatchObject({ exitCode: 3 });
});

test('settings in px grow along, areas with the square', () => {
  const own = AssembleSettings.parse({ minArea: 20, maxArea: 500, dilation: -1 });
  expect(settingsAt(20, detector, own)).toEqual(own);
  expect(settingsAt(40, detector, own)).toEqual({ ...own, minArea: 80, maxArea: 2000, dilation: -2 });
  expect(settingsAt(4, detector, own)).toEqual({ ...own, minArea: 1, maxArea: 20, dilation: 0 });
  expect(settingsAt(300, detector, own)).toMatchObject({ dilation: -8 });
  expect(settingsAt(40, detector, { ...own, maxArea: null }).maxArea).toBeNull();
});
