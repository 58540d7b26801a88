import { describe, expect, test } from 'vitest';
import yargs from 'yargs';
import { askedPrediction, withPrediction } from '../../src/cli/prediction-options.js';
import { nucleate } from './run-nucleate.js';

const parser = withPrediction(yargs()).parserConfiguration({ 'greedy-arrays': false });
const asked = (...args: string[]) => askedPrediction(parser.parseSync(args));

test.each([
  { args: [], settings: {} },
  {
    args: ['--score-threshold', '0', '--mask-threshold', '0.9'],
    settings: { scoreThreshold: 0, maskThreshold: 0.9 },
  },
  { args: ['--min-area', '5', '--max-area', '300'], settings: { minArea: 5, maxArea: 300 } },
  { args: ['--border', 'drop'], settings: { border: 'drop' } },
  { args: ['--region', '0,10, 20,30'], settings: { region: { x: 0, y: 10, width: 20, height: 30 } } },
  { args: ['--diameter', '12.5'], settings: { diameter: 12.5 } },
  { args: ['--diameter', '12.5 px'], settings: { diameter: 12.5 } },
  { args: ['--diameter', '8um'], settings: { diameter: { um: 8 } } },
  { args: ['--diameter', '8 µm'], settings: { diameter: { um: 8 } } },
  // Modes are settings of the model, see `ttaSettings`.
  { args: ['--diameter', 'auto'], settings: {} },
  { args: ['--diameter', 'trained'], settings: {} },
])('$args', ({ args, settings }) => expect(asked(...args)).toEqual({ settings }));

describe('the size of a pixel', () => {
  test('alone it means nuclei of 10 um', () => {
    expect(asked('--pixel-size', '0.5')).toEqual({ settings: { diameter: { um: 10 } }, pixelSize: 0.5 });
  });

  test('with a diameter it is only what um are measured by', () => {
    expect(asked('--pixel-size', '0.5', '--diameter', '30')).toEqual({
      settings: { diameter: 30 },
      pixelSize: 0.5,
    });
    expect(asked('--pixel-size', '0.5', '--diameter', 'trained')).toEqual({ settings: {}, pixelSize: 0.5 });
  });
});

test.each([
  ['--score-threshold', '1.1', '--score-threshold takes a number from 0 to 1'],
  ['--mask-threshold', '', '--mask-threshold takes a number above 0 and below 1'],
  ['--mask-threshold', '0', '--mask-threshold takes a number above 0 and below 1'],
  ['--mask-threshold', '1', '--mask-threshold takes a number above 0 and below 1'],
  ['--pixel-size', '1e-9', '--pixel-size takes a number above 0.001 and below 100'],
  ['--min-area', '0', '--min-area takes a whole number of at least 1'],
  ['--max-area', '2.5', '--max-area takes a whole number of at least 1'],
  ['--region', '0,0,10', '--region takes x,y,width,height in whole px'],
  ['--region', '0,0,10,0', '--region takes x,y,width,height in whole px'],
  ['--region', '-1,0,10,10', '--region takes x,y,width,height in whole px'],
  ['--diameter', '-4', '--diameter takes px, um, `auto` or `trained`, received `-4`.'],
  ['--diameter', 'um', '--diameter takes px, um, `auto` or `trained`, received `um`.'],
  ['--diameter', '10mm', '--diameter takes px, um, `auto` or `trained`, received `10mm`.'],
  ['--pixel-size', '0', '--pixel-size takes a number above 0.001 and below 100'],
])('%s %s is refused', (option, value, told) => {
  expect(() => asked(`${option}=${value}`)).toThrow(told);
});

test('an older name beside the new one is refused', async () => {
  const { status, stderr } = await nucleate(['predict', 'a.png', '--diameter', 'auto', '--no-second-pass']);
  expect(status).toBe(2);
  expect(stderr).toContain('--no-second-pass and --diameter');
});
