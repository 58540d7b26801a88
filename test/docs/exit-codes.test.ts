import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.js';

test('docs/exit-codes.md has every code, and no other', () => {
  const rows = readFileSync('docs/exit-codes.md', 'utf8').matchAll(/^\| (\d+(?:, \d+)*) +\|/gmu);
  const documented = [...rows].flatMap(([, codes]) => codes!.split(', ').map(Number));
  const { SIGABRT, SIGINT, SIGKILL, SIGSEGV, SIGTERM } = constants.signals;
  const signals = [SIGINT, SIGTERM, SIGABRT, SIGSEGV, SIGKILL].map((signal) => 128 + signal);
  const numbers = (codes: readonly number[]) => [...codes].sort((a, b) => a - b);
  expect(numbers(documented)).toEqual(numbers([...Object.values(exitCodes), ...signals]));
});
