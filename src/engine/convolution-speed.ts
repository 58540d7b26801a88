import { tf } from '../tf.js';
import type { Runtime } from './runtime.js';

/** 10^9 floating-point operations per second; a multiplication with its addition counts as two. */
export interface ConvolutionSpeed {
  readonly forwardGflops: number;
  /** Gradients by input and by filter together; null on WebAssembly, which has none by the filter. */
  readonly backwardGflops: number | null;
}

/** A 3x3 convolution of 64 channels to 64, same padding, stride 1. */
const channels = 64;
const kernel = 3;

/** Side of the feature map in px: 256 keeps two cores busy for 25 ms; a GPU needs more work for a measurement. */
const side = { cpu: 256, wasm: 64, gpu: 1024 };

/** How long each direction is measured, in ms. */
const measureFor = 600;

/** Calls per timing: so many that reading one number back from a GPU takes no part worth mentioning. */
const callsPerTiming = 4;

/**
 * Measures convolutions as a training step uses them. Takes about 1.5 s; leaves no tensor behind.
 *
 * @param device Where the started runtime computes.
 */
export function measureConvolution(device: Runtime['device']): ConvolutionSpeed {
  const size = side[device];
  const gflop = (2 * size * size * kernel * kernel * channels * channels) / 1e9;
  const input = tf.fill([1, size, size, channels], 0.5);
  const filter = tf.fill([kernel, kernel, channels, channels], 0.01);
  const attributes = { strides: 1, pad: 'same', dataFormat: 'NHWC' };
  const backward = (name: string, inputs: Record<string, tf.Tensor>, shape: Record<string, number[]>) =>
    tf.engine().runKernel<tf.Tensor>(name, inputs, { ...attributes, ...shape });
  try {
    const forward = secondsPerCall(() => [tf.conv2d(input as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')]);
    const forwardGflops = round(gflop / forward);
    if (device === 'wasm') return { forwardGflops, backwardGflops: null };
    const both = secondsPerCall(() => [
      backward('Conv2DBackpropInput', { dy: input, filter }, { inputShape: input.shape }),
      backward('Conv2DBackpropFilter', { x: input, dy: input }, { filterShape: filter.shape }),
    ]);
    return { forwardGflops, backwardGflops: round((2 * gflop) / both) };
  } finally {
    tf.dispose([input, filter]);
  }
}

const round = (gflops: number) => Math.round(gflops * 10) / 10;

/** The fastest timing: other load on the machine can only add to it. */
function secondsPerCall(call: () => tf.Tensor[]): number {
  const time = () => {
    const start = performance.now();
    for (let i = 0; i < callsPerTiming; i++) {
      const results = call();
      // A GPU computes asynchronously; reading a number waits for it.
      if (i === callsPerTiming - 1)
        tf.tidy(() => results.forEach((result) => result.flatten().slice(0, 1).dataSync()));
      tf.dispose(results);
    }
    return (performance.now() - start) / 1000 / callsPerTiming;
  };
  let fastest = time();
  for (const end = performance.now() + measureFor; performance.now() < end;)
    fastest = Math.min(fastest, time());
  return fastest;
}
