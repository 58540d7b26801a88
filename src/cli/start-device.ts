import type { DeviceChoice } from '../engine/device.js';
import type { Runtime } from '../engine/runtime.js';
import type { Terminal } from './terminal.js';

/**
 * Starts TensorFlow and tells on which device, why, and what is amiss with it.
 *
 * @throws {NucleateError} Exit code 9 if the device cannot be had.
 */
export async function startDevice(device: DeviceChoice, terminal: Terminal): Promise<Runtime> {
  const { startRuntime } = await import('../engine/runtime.js');
  const runtime = await startRuntime(device);
  terminal.notice(`device: ${runtime.device}, since ${runtime.why}`);
  if (runtime.warning) terminal.warn(`${runtime.warning.what} ${runtime.warning.hint ?? ''}`);
  return runtime;
}
