import type { Health } from '../../engine/health.js';

/** One thing that was tried. */
export interface GpuCheck {
  readonly name: string;
  /** null where it could not be tried. */
  readonly passed: boolean | null;
  /** What was expected, or why it was not tried. */
  readonly expected: string;
  /** Numbers of the device under test, and of the processor where it is compared. */
  readonly measured: Readonly<Record<string, number | string | null>>;
}

/** What `nucleate doctor --gpu` prints; without paths, images and names of users. */
export interface GpuReport {
  readonly format: 1;
  readonly date: string;
  readonly seconds: number;
  /** Whether a GPU computed; if not, the script itself was tried, on the processor. */
  readonly hasGpu: boolean;
  readonly health: Pick<
    Health,
    'nucleate' | 'node' | 'tfjs' | 'tensorflow' | 'device' | 'why' | 'gpu' | 'cpu' | 'conv'
  >;
  readonly checks: readonly GpuCheck[];
}

/** The report as text. */
export function gpuReportText({ hasGpu, health, checks, seconds }: GpuReport): string {
  const words = { true: 'passed', false: 'FAILED', null: 'not tried' };
  return [
    hasGpu
      ? `GPU         ${health.gpu?.name ?? 'unknown'}`
      : 'There is no GPU here: this has tried the script itself, on the processor.',
    ...checks.map(({ name, passed, expected, measured }) =>
      [
        `${words[`${passed}`].padEnd(11)} ${name}: ${expected}`,
        ...Object.entries(measured).map(([what, value]) => `              ${what}: ${value ?? 'unknown'}`),
      ].join('\n'),
    ),
    `${(seconds / 60).toFixed(1)} minutes`,
  ].join('\n');
}
