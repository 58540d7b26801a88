import type { DeviceChoice } from '../engine/device.js';
import type { Runtime } from '../engine/runtime.js';
import type { Terminal } from './terminal.js';

/**
 * Starts TensorFlow and prints on which device it runs.
 *
 * @param threads Of one operation; default: as many as there are processor cores.
 * @throws {NucleateError} Exit code 9 if the device is not available.
 */
export async function startDevice(
  device: DeviceChoice,
  terminal: Terminal,
  threads?: number,
): Promise<Runtime> {
  const { startRuntime } = await import('../engine/runtime.js');
  const runtime = await startRuntime(device, threads);
  reportDevice(runtime, terminal);
  return runtime;
}

/** Prints on which device TensorFlow runs and why, and a warning if something is wrong with it. */
export function reportDevice({ device, why, warning }: Runtime, terminal: Terminal): void {
  terminal.notice(`device: ${device}, since ${why}`);
  if (warning) terminal.warn(`${warning.what} ${warning.hint ?? ''}`);
}
