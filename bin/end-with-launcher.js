/**
 * Loaded into the child of bin/launch.js before anything else: if the launcher dies, even by `kill -9`, the child gets
 * SIGTERM, so that no orphan keeps the GPU.
 */

/** Time to save a checkpoint. */
const graceMs = 60_000;

// Worker threads load this file too, and have no channel.
if (process.channel) {
  process.once('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
    process.kill(process.pid, 'SIGTERM');
  });
  process.channel.unref();
}
