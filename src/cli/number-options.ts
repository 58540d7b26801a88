import { exitCodes, NucleateError } from '../errors.js';

/**
 * Reads the value of an option that is a list of numbers above 0: `8,16,32`.
 *
 * @throws {NucleateError} Exit code 2.
 */
export function positiveNumbers(option: string, text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isFinite(number) && number > 0)) return numbers;
  throw wrong(
    `--${option} takes comma-separated numbers above 0, received \`${text}\`.`,
    `For example: --${option} 1,2`,
  );
}

/**
 * Reads the value of an option that is a number above 0.
 *
 * @throws {NucleateError} Exit code 2.
 */
export function positiveNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw wrong(`--${option} takes a number above 0, received \`${text}\`.`, `For example: --${option} 16`);
}

/**
 * Reads the value of an option that is a number from 0 to 1.
 *
 * @throws {NucleateError} Exit code 2.
 */
export function fraction(option: string, text: string): number {
  const number = text.trim() === '' ? NaN : Number(text);
  if (number >= 0 && number <= 1) return number;
  throw wrong(
    `--${option} takes a number from 0 to 1, received \`${text}\`.`,
    `For example: --${option} 0.3`,
  );
}

/**
 * Reads the value of an option that is a number between two bounds, both of which it may not be.
 *
 * @throws {NucleateError} Exit code 2.
 */
export function between(option: string, text: string, least: number, most: number): number {
  const number = text.trim() === '' ? NaN : Number(text);
  if (number > least && number < most) return number;
  throw wrong(
    `--${option} takes a number above ${least} and below ${most}, received \`${text}\`.`,
    `For example: --${option} 0.5`,
  );
}

/**
 * Reads the value of an option that is a whole number of at least `least`.
 *
 * @throws {NucleateError} Exit code 2.
 */
export function wholeNumber(option: string, text: string, least: number): number {
  const number = /^\d{1,9}$/u.test(text) ? Number(text) : -1;
  if (number >= least) return number;
  throw wrong(
    `--${option} takes a whole number of at least ${least}, received \`${text}\`.`,
    `For example: --${option} ${Math.max(least, 5)}`,
  );
}

const wrong = (what: string, hint: string) => new NucleateError({ what, hint, exitCode: exitCodes.usage });
