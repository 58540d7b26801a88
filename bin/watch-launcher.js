/**
 * A thread of the child of bin/launch.js: if the launcher dies, even by `kill -9`, it ends the child, so that no orphan
 * keeps the GPU. A thread of its own, because a step of TensorFlow may block the main thread for minutes.
 */
import { workerData } from 'node:worker_threads';

/** How often it looks whether the launcher is alive. */
const intervalMs = 500;

/** Time to save a checkpoint. */
const graceMs = 60_000;

const { parent } = /** @type {{ parent: number }} */ (workerData);

const watching = setInterval(() => {
  // The child of a process that has died gets another parent.
  if (process.ppid === parent) return;
  clearInterval(watching);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs);
}, intervalMs);
