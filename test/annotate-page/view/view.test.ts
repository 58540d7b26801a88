import { expect, test } from 'vitest';
import { Effort } from '../../../src/annotate-page/editing/effort.js';
import { commandOf, keyGroups } from '../../../src/annotate-page/keys.js';
import {
  centred,
  fit,
  panned,
  toCanvas,
  toImage,
  visible,
  zoomAt,
} from '../../../src/annotate-page/view/camera.js';
import {
  brightnessTable,
  paintImage,
  percentiles,
  ready,
} from '../../../src/annotate-page/view/paint-image.js';
import { outlineSegments, packed, paintLabels } from '../../../src/annotate-page/view/paint-labels.js';
import { scoreNotice } from '../../../src/annotate-page/work/score-notice.js';
import { mapOf } from '../tools/drawn.js';

const image = { width: 100, height: 50 };
const canvas = { width: 400, height: 400 };

test('the camera: whole image, zoom about a place, limits, visible part', () => {
  const whole = fit({ x: 0, y: 0, ...image }, { image, canvas });
  // 92 % of 400 px for 100 px.
  expect(whole.scale).toBeCloseTo(3.68);
  expect(toCanvas(whole, { x: 50, y: 25 })).toEqual({ x: 200, y: 200 });
  // A nucleus in the corner of the image: the view stays on the image.
  expect(fit({ x: 0, y: 0, width: 8, height: 8 }, { image, canvas }, 10)).toEqual({
    scale: 10,
    x: 0,
    y: 0,
  });
  const near = zoomAt(whole, { x: 100, y: 150 }, 2, { image, canvas });
  const [before, after] = [toImage(whole, { x: 100, y: 150 }), toImage(near, { x: 100, y: 150 })];
  expect([after.x, after.y, near.scale]).toEqual([
    ...[before.x, before.y].map((value) => expect.closeTo(value, 6) as number),
    expect.closeTo(7.36, 6) as number,
  ]);
  expect(zoomAt(near, { x: 0, y: 0 }, 1e6, { image, canvas }).scale).toBe(64);
  expect(zoomAt(near, { x: 0, y: 0 }, 1e-6, { image, canvas }).scale).toBe(2);
  // The middle of the canvas stays on the image, however far it is dragged.
  const far = panned(near, { x: 1e5, y: 0 }, image, canvas);
  expect(toImage(far, { x: 200, y: 200 }).x).toBeCloseTo(0);
  expect(visible(centred({ x: 50, y: 25 }, 40, canvas), image, canvas)).toEqual({
    x: 45,
    y: 20,
    width: 10,
    height: 10,
  });
});

test('brightness: black, white and gamma; 16 bits', () => {
  const channel = { values: new Uint8Array(), black: 50, white: 150, gamma: 1, colour: '#ffffff' };
  const table = brightnessTable(channel);
  // (100 - 50) / (150 - 50) of 255.
  expect([table[0], table[50], table[100], table[150], table[255]]).toEqual([0, 0, 128, 255, 255]);
  // 0.25 ** (1 / 2) = 0.5.
  expect(brightnessTable({ ...channel, gamma: 2 })[75]).toBe(128);
  expect(brightnessTable({ ...channel, values: new Uint16Array() })).toHaveLength(65_536);
});

test('colours of channels add up; inverted, dark is bright; from afar a pixel is a mean', () => {
  const channel = (values: number[], colour: string) =>
    ready({ values: Uint8Array.from(values), black: 0, white: 255, gamma: 1, colour });
  const size = { width: 2, height: 2 };
  const rect = { x: 0, y: 0, ...size };
  const channels = [channel([255, 0, 0, 0], '#ff0000'), channel([255, 255, 0, 0], '#00ff80')];
  const painted = paintImage(channels, size, { rect, step: 1, isInverted: false });
  expect([...painted]).toEqual([255, 255, 128, 255, 0, 255, 128, 255, 0, 0, 0, 255, 0, 0, 0, 255]);
  const inverted = paintImage(channels, size, { rect, step: 1, isInverted: true });
  expect([...inverted.subarray(0, 4)]).toEqual([0, 0, 127, 255]);
  // One of four pixels is red, two are green.
  expect([...paintImage(channels, size, { rect, step: 2, isInverted: false })]).toEqual([64, 128, 64, 255]);
});

test('percentiles leave a thousandth out; an even image keeps a range', () => {
  const values = Uint16Array.from({ length: 10_000 }, (_, at) =>
    at < 5 ? 0 : at > 9994 ? 65_535 : 1000 + (at % 100),
  );
  expect(percentiles(values)).toEqual({ black: 1000, white: 1099 });
  expect(percentiles(new Uint8Array(10).fill(7))).toEqual({ black: 7, white: 8 });
});

test('fills and outlines: beside another label, never at the border of the image', () => {
  const map = mapOf('1111', '1111', '1112');
  const palette = { fills: [0, 10, 20], outlines: [0, 11, 21] };
  const styles = Uint8Array.of(0, 1, 2);
  const rect = { x: 0, y: 0, width: 4, height: 3 };
  expect([...paintLabels(map, styles, { rect, step: 1, palette, hasOutlines: true })]).toEqual([
    ...[10, 10, 10, 10],
    ...[10, 10, 10, 11],
    ...[10, 10, 11, 21],
  ]);
  // From afar every second pixel is looked at.
  expect([...paintLabels(map, styles, { rect, step: 2, palette, hasOutlines: false })]).toEqual([
    10, 10, 10, 10,
  ]);
  // Labels without a style are not drawn.
  expect(
    [...paintLabels(map, Uint8Array.of(0, 1), { rect, step: 1, palette, hasOutlines: false })].at(-1),
  ).toBe(0);
  expect(packed([1, 2, 3], 1)).toBe(0xff030201);
});

test('outlines are the sides of pixels, joined to lines', () => {
  const map = mapOf('....', '.11.', '....');
  const lines = outlineSegments(map, { x: 0, y: 0, width: 4, height: 3 }, (label) => label === 1);
  expect(lines).toEqual([...[1, 1, 3, 1], ...[1, 2, 3, 2], ...[1, 1, 1, 2], ...[3, 1, 3, 2]]);
  // At the border of the image, too.
  expect(
    outlineSegments(mapOf('1'), { x: 0, y: 0, width: 1, height: 1 }, (label) => label === 1),
  ).toHaveLength(16);
});

test('keys: one command each, with capital letters, signs of other keyboards, and none with Alt', () => {
  const all = keyGroups.flatMap(({ keys }) => keys.flatMap((info) => info.keys));
  // Enter goes on, and presses the pen while it is shown.
  expect(all.filter((key, index) => all.indexOf(key) !== index)).toEqual(['Enter']);
  const press = (key: string, change: object = {}) =>
    commandOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...change });
  expect([press('a'), press('A'), press('A', { shiftKey: true })]).toEqual([
    'accept',
    'accept',
    'accept-all',
  ]);
  expect([press('?', { shiftKey: true }), press('+', { shiftKey: true }), press('=')]).toEqual([
    'help',
    'zoom-in',
    'zoom-in',
  ]);
  expect([press('z', { ctrlKey: true }), press('Z', { metaKey: true, shiftKey: true })]).toEqual([
    'undo',
    'redo',
  ]);
  expect([press('Tab', { shiftKey: true }), press(' ')]).toEqual(['previous-doubtful', 'hide']);
  expect([press('[', { altKey: true, ctrlKey: true }), press('b', { altKey: true }), press('F5')]).toEqual([
    ...['smaller', undefined, undefined],
  ]);
});

test('effort is the time at work and the clicks since the edit before; pauses do not count', () => {
  let now = 0;
  const effort = new Effort(() => now);
  effort.begin();
  for (const [time, isClick] of [
    [1000, true],
    [3000, false],
    [100_000, true],
  ] as const) {
    now = time;
    effort.note(isClick);
  }
  now = 100_500;
  expect(effort.take()).toEqual({ ms: 3500, clicks: 2 });
  expect(effort.take()).toEqual({ ms: 0, clicks: 1 });
});

test('a training that made the model worse is told; one without control images, or of the same score, is not', () => {
  const round = (before: number | null, after: number | null) => ({
    ...{ round: 1, finished: '', minutes: 1, clicks: 1, nuclei: 1, images: 1 },
    ...{ before, after, isTaken: before === null || after! >= before, model: '' },
  });
  expect(scoreNotice([round(0.1, 0.3), round(0.277, 0.0759)])?.error).toBe(
    'The score on the control images fell from 0.277 to 0.076.',
  );
  for (const rounds of [[], [round(null, null)], [round(0.4, 0.4)], [round(0.5, 0.1), round(0.5, 0.6)]])
    expect(scoreNotice(rounds)).toBeUndefined();
});
