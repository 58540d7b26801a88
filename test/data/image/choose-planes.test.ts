import { expect, test } from 'vitest';
import { choosePlanes, describePlanes, type HeldPlanes } from '../../../src/data/image/choose-planes.js';
import { planeChoice, type PlaneChoice } from '../../../src/data/image/plane-choice.js';
import { NucleateError } from '../../../src/errors.js';

const planesOf = (sizes: Partial<HeldPlanes['sizes']>, channelNames: readonly string[] = []): HeldPlanes => ({
  sizes: { c: 1, z: 1, t: 1, page: 1, ...sizes },
  isColour: false,
  channelNames,
});
const stack = planesOf({ c: 2, z: 3 }, ['GFP, 488', 'DAPI']);
const colours = { ...planesOf({}), isColour: true };
const first = { c: 0, z: 0, t: 0, page: 0 };

test('the only plane needs no choice', () => {
  const only = [{ suffix: '', channels: [[first]], projection: 'max' }];
  expect(choosePlanes(planesOf({}), {}, 'a.tif')).toEqual(only);
  expect(choosePlanes(colours, {}, 'a.tif')).toEqual(only);
});

test.each<[PlaneChoice, string[]]>([
  [{ channels: ['dapi'], z: 2 }, ['']],
  [{ channels: ['each'], z: 'max' }, ['c1', 'c2']],
  [{ channels: ['2'], plane: 'each' }, ['z1', 'z2', 'z3']],
  [{ channels: ['each'], z: 'each' }, ['c1-z1', 'c1-z2', 'c1-z3', 'c2-z1', 'c2-z2', 'c2-z3']],
])('%j makes images with the suffixes %j', (choice, suffixes) => {
  expect(choosePlanes(stack, choice, 'a.tif').map(({ suffix }) => suffix)).toEqual(suffixes);
});

test.each([
  [['gfp, 488'], [0]],
  [['2,1'], [1, 0]],
  [
    ['GFP, 488', 'DAPI'],
    [0, 1],
  ],
  [['DAPI, 1'], [1, 0]],
])('channels %j are those with the indices %j', (channels, indices) => {
  const [image] = choosePlanes(stack, { channels, z: 1 }, 'a.tif');
  expect(image!.channels).toEqual(indices.map((c) => [{ ...first, c }]));
});

test('a projection has all planes of the axis, in their order', () => {
  const [image] = choosePlanes(stack, { channels: ['DAPI'], z: 'max' }, 'a.tif');
  expect(image!.channels).toEqual([[0, 1, 2].map((z) => ({ ...first, c: 1, z }))]);
});

test('a plane without an axis is along the times where there is only one depth', () => {
  const [image] = choosePlanes(planesOf({ t: 4 }), { plane: 3 }, 'a.tif');
  expect(image!.channels).toEqual([[{ ...first, t: 2 }]]);
});

test('a channel that is called like the number of another is found by either', () => {
  const planes = planesOf({ c: 2 }, ['0', '1']);
  const chosen = (channel: string) =>
    choosePlanes(planes, { channels: [channel] }, 'a.tif')[0]!.channels[0]![0]!.c;
  expect([chosen('name=1'), chosen('number=1'), chosen('2'), chosen('0')]).toEqual([1, 0, 1, 0]);
});

test('channels that become colours are called as the user may write them', () => {
  const [image] = choosePlanes(planesOf({ c: 3 }, ['DAPI', '', 'GFP']), { channels: ['3,2'] }, 'a.tif');
  expect(image!.written).toEqual(['GFP', '2']);
});

test('samples behind blue are taken by their number, and so are the colours beside them', () => {
  const planes = { ...colours, colourSamples: 4 };
  const [only] = choosePlanes(planes, { channels: ['4'] }, 'a.tif');
  expect(only!.channels).toEqual([[{ ...first, c: 4 }]]);
  expect(choosePlanes(planes, { channels: ['each'] }, 'a.tif')).toHaveLength(4);
  expect(choosePlanes(planes, { channels: ['red'] }, 'a.tif')[0]).toEqual({
    ...{ suffix: '', channels: [[{ ...first, c: 1 }]], projection: 'max' },
  });
});

test.each([
  [['green'], [[1]]],
  [['1,3'], [[0, 2]]],
  [['each'], [[0], [1], [2]]],
])('of a colour image %j are the colours %j', (channels, chosen) => {
  expect(choosePlanes(colours, { channels }, 'a.png').map((image) => image.colours)).toEqual(chosen);
});

test.each<[string, HeldPlanes, PlaneChoice, string, string]>([
  [
    'nothing',
    stack,
    {},
    'The file has 2 channels (GFP, 488, DAPI) and 3 depths (z), so it is unclear which of them shows the nuclei.',
    'Add --channel DAPI (a name, or a number from 1 to 2, or each; up to three become colours) and --plane max (max, mean, a number from 1 to 3, or each).',
  ],
  [
    'no plane',
    planesOf({ z: 3, t: 5 }),
    { writtenAs: 'config' },
    'The file has 3 depths (z) and 5 times (t), so it is unclear which of them shows the nuclei.',
    'Set data.plane: [z=max, t=1] (max, mean, a number from 1 to 3 for z; a number from 1 to 5 for t).',
  ],
  [
    'times alone, which are not merged',
    planesOf({ t: 5 }),
    {},
    'The file has 5 times (t), so it is unclear which of them shows the nuclei.',
    'Add --plane 1 (a number from 1 to 5, or each).',
  ],
  [
    'a time beside a depth that is chosen',
    planesOf({ z: 3, t: 5 }),
    { plane: 'mean' },
    'The file has 3 depths (z) and 5 times (t), so it is unclear which of them shows the nuclei.',
    'Add --plane z=mean,t=1 (a number from 1 to 5, or each for t).',
  ],
  [
    'channels that are called by numbers',
    planesOf({ c: 2 }, ['0', '1']),
    {},
    'The file has 2 channels (0, 1), so it is unclear which of them shows the nuclei.',
    'Add --channel number=1 (a name, or a number from 1 to 2, or each; up to three become colours).',
  ],
  [
    'a number that is the name of another channel',
    planesOf({ c: 2 }, ['0', '1']),
    { channels: ['1'] },
    'Channel 2 is called "1", which is the number of another channel.',
    'Write which of both is meant: --channel name=1 or --channel number=1.',
  ],
  [
    'a channel that is not there',
    stack,
    { channels: ['3'], z: 1 },
    'There is no channel "3"; the file has 2 channels (GFP, 488, DAPI) and 3 depths (z).',
    'Name one of GFP, 488, DAPI, or its number from 1 to 2.',
  ],
  [
    'a plane that is not there',
    stack,
    { channels: ['1'], z: 4 },
    'There is no plane 4; the file has 2 channels (GFP, 488, DAPI) and 3 depths (z).',
    'Choose a number from 1 to 3.',
  ],
  [
    'a channel of a grey image',
    planesOf({}),
    { channels: ['green'] },
    'There is no channel "green"; the file has 1 plane.',
    'Leave the channel out.',
  ],
  [
    'two projections',
    planesOf({ z: 3, t: 5 }),
    { z: 'max', t: 'mean' },
    'Depths and times cannot be projected in two ways at once.',
    'Choose max or mean for both.',
  ],
])('%s is an error that says what is there and what to write', (_, planes, choice, message, hint) => {
  const choose = () => choosePlanes(planes, choice, 'a.tif');
  expect(choose).toThrow(new NucleateError({ what: message, where: 'a.tif', hint, exitCode: 3 }));
  try {
    choose();
  } catch (error) {
    expect(error).toMatchObject({ where: 'a.tif', hint, exitCode: 3 });
  }
});

test('what a file holds in words', () => {
  expect(describePlanes(planesOf({}))).toBe('1 plane');
  expect(describePlanes(planesOf({ c: 3, z: 5, t: 2 }))).toBe('3 channels, 5 depths (z) and 2 times (t)');
});

test('a choice as it is written', () => {
  expect(planeChoice({ channel: [2], plane: ['z=max,t=3'] }, 'config')).toEqual({
    ...{ channels: ['2'], z: 'max', t: 3, writtenAs: 'config' },
  });
  expect(planeChoice({ plane: ['each'] })).toEqual({ plane: 'each', writtenAs: 'options' });
  expect(planeChoice({})).toEqual({ writtenAs: 'options' });
});

test.each([[['0']], [['-1']], [['1,2,3,4']], [['1', '2', '3', '4']], [['0,2']]])(
  '--channel %j is an error of usage',
  (channel) => {
    expect(() => planeChoice({ channel })).toThrow(expect.objectContaining({ exitCode: 2 }));
  },
);

test.each([[['0']], [['min']], [['c=1']], [['z=1', 'z=2']], [['max', 'z=2']], [['t=1', 't=2']], [['']]])(
  '--plane %j is an error',
  (plane) => {
    expect(() => planeChoice({ plane })).toThrow('--plane');
  },
);
