import { expect, test } from 'vitest';
import { hasBfloat16, multipliesBfloat16, quickestPrecision } from '../../src/engine/processor.js';
import { readPlainTextSync } from '../../src/plain-file.js';

test.each([
  ['flags\t\t: fpu avx512f avx512_bf16 amx_tile', true],
  ['flags\t\t: fpu avx512f amx_bf16', true],
  // An Intel Xeon behind a hypervisor that hides the instructions, and one without them.
  ['processor\t: 0\nmodel name\t: avx512_bf16\nflags\t\t: fpu avx512f avx512_vnni', false],
  ['flags\t\t: fpu avx2 my_avx512_bf16x', false],
  ['processor\t: 0\nFeatures\t: fp asimd bf16', false],
  ['', false],
])('%j: %s', (cpuInfo, expected) => {
  expect(hasBfloat16(cpuInfo)).toBe(expected);
});

test('bfloat16 is replaced exactly where this processor does not multiply it; other formats never are', () => {
  const has = /\b(avx512|amx)_bf16\b/.test(readPlainTextSync('/proc/cpuinfo'));
  expect(multipliesBfloat16()).toBe(has);
  expect(quickestPrecision('bfloat16')).toBe(has ? 'bfloat16' : 'float32');
  expect(quickestPrecision('float16')).toBe('float16');
  expect(quickestPrecision('float32')).toBe('float32');
});
