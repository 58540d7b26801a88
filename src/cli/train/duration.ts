import { exitCodes, NucleateError } from '../../errors.js';

/**
 * Reads a duration: `150m`, `2h`, `2h30m`, `90s` or `1.5h`.
 *
 * @returns Minutes, above 0.
 * @throws {NucleateError} Exit code 2.
 */
export function minutesOf(option: string, text: string): number {
  const number = String.raw`(\d+(?:\.\d+)?)`;
  const parts = new RegExp(`^(?:${number}h)?(?:${number}m)?(?:${number}s)?$`, 'u').exec(text);
  const [hours = 0, minutes = 0, seconds = 0] = parts?.slice(1).map((part) => Number(part ?? 0)) ?? [];
  const total = 60 * hours + minutes + seconds / 60;
  if (total > 0) return total;
  throw new NucleateError({
    what: `--${option} takes a duration, received \`${text}\`.`,
    hint: `For example: --${option} 150m, 2h30m or 90s.`,
    exitCode: exitCodes.usage,
  });
}
