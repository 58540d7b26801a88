import { spawnSync } from 'node:child_process';

/** The convolution of `measureConvolution`, in Keras's own TensorFlow: forward only, the fastest of several. */
const program = `
import json, os, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
gpu = bool(tf.config.list_physical_devices("GPU"))
side = 1024 if gpu else 256
x = tf.fill([1, side, side, 64], 0.5)
w = tf.fill([3, 3, 64, 64], 0.01)
call = tf.function(lambda: tf.reduce_sum(tf.keras.ops.conv(x, w, padding="same")[0, 0, 0]))
call().numpy()
best = 1e9
for _ in range(10):
    start = time.perf_counter()
    call().numpy()
    best = min(best, time.perf_counter() - start)
print(json.dumps({"tensorflow": tf.__version__, "device": "gpu" if gpu else "cpu", "gflops": 2 * side * side * 9 * 64 * 64 / 1e9 / best}))
`;

export interface KerasConvolution {
  readonly tensorflow: string;
  readonly device: 'gpu' | 'cpu';
  /** 10^9 floating-point operations per second. */
  readonly gflops: number;
}

/**
 * Measures a convolution in Keras.
 *
 * @param python The program that has TensorFlow.
 * @returns undefined where it has none, or takes more than a minute.
 */
export function measureKeras(python: string): KerasConvolution | undefined {
  const { status, stdout } = spawnSync(python, ['-c', program], {
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? (JSON.parse(stdout.trim().split('\n').at(-1)!) as KerasConvolution) : undefined;
}
