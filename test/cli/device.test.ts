import { expect, test } from 'vitest';
import yargs from 'yargs';
import { checkValues, declaredOptions } from '../../src/cli/check-values.js';
import { withDevice } from '../../src/cli/global-options.js';

/** Parses arguments like a command that has --device. */
function parse(...args: string[]) {
  const parser = withDevice(yargs(args)).fail(false).exitProcess(false);
  return parser.check((argv) => checkValues(argv, declaredOptions(parser))).parseSync();
}

test('--device is auto unless it is given', () => {
  expect(parse().device).toBe('auto');
  expect(parse('--device', 'wasm').device).toBe('wasm');
});

test('--device accepts one of the known devices', () => {
  expect(() => parse('--device', 'tpu')).toThrow('Choices: "auto", "gpu", "cpu", "wasm"');
  expect(() => parse('--device', 'cpu', '--device', 'gpu')).toThrow('--device is given more than once.');
});
