import { readPlainTextSync } from '../plain-file.js';
import type { LowPrecision } from './low-precision.js';
import { findNativeBackend } from './native.js';

/** What Linux calls the instructions by which a processor multiplies bfloat16. */
const bfloat16Flags = ['avx512_bf16', 'amx_bf16'];

let known: boolean | undefined;

/**
 * Whether the device multiplies bfloat16. Where it does not, the library converts every factor, and a prediction takes about
 * twice as long as in float32. Of processors that Linux does not describe nothing is known: no.
 */
export function multipliesBfloat16(): boolean {
  if (findNativeBackend()?.isUsingGpuDevice === true) return true;
  known ??= hasBfloat16(readCpuInfo());
  return known;
}

/** Whether a processor has instructions for bfloat16, by the text of `/proc/cpuinfo`. */
export function hasBfloat16(cpuInfo: string): boolean {
  const flags = /^flags\s*:(.*)$/m.exec(cpuInfo)?.[1]?.split(' ') ?? [];
  return bfloat16Flags.some((flag) => flags.includes(flag));
}

/** bfloat16 is there for speed: float32 in its place where the device does not multiply it. */
export const quickestPrecision = (
  precision: 'float32' | LowPrecision,
  hasInstructions = multipliesBfloat16(),
): 'float32' | LowPrecision => (precision === 'bfloat16' && !hasInstructions ? 'float32' : precision);

function readCpuInfo(): string {
  try {
    return readPlainTextSync('/proc/cpuinfo');
  } catch {
    return '';
  }
}
