/** Loaded into the child of bin/launch.js before anything else: starts the thread that ends it with its launcher. */
import { isMainThread, Worker } from 'node:worker_threads';

const endGently = () => process.kill(process.pid, 'SIGTERM');

// Worker threads load this file too, and have no channel; `send` stays when the channel is closed.
if (isMainThread && process.send) {
  if (process.channel) watchLauncher();
  else endGently();
}

function watchLauncher() {
  const watcher = new Worker(new URL('./watch-launcher.js', import.meta.url), {
    workerData: { parent: process.ppid },
    // Without the arguments of this process, which would load this file again.
    execArgv: [],
    // 16 MB are far more than it needs; the default reserves more.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
  watcher.unref();
  // Closed when the launcher dies, also before the watcher has begun.
  process.once('disconnect', endGently);
  process.channel?.unref();
}
