/**
 * One process that runs a step on request: `tsx bench/contender.ts compiled|eager '<workload as JSON>'`.
 *
 * Protocol, the same in the Python contenders: it prints a line of JSON when the first steps have run. For each line
 * on standard input it runs one step and prints its times in ms: on the clock, and of all processors together.
 */
import { createInterface } from 'node:readline';
import { startRuntime } from '../src/engine/runtime.js';
import { tf } from '../src/tf.js';
import { makeStep } from './measured-step.js';
import type { Workload } from './workload.js';

/** In the first step TensorFlow plans and allocates memory; the second one is faster. */
const warmUpSteps = 2;

const [mode, workload] = process.argv.slice(2) as ['compiled' | 'eager', string];
const runtime = await startRuntime('auto');
const start = performance.now();
const { step, inputs } = makeStep(JSON.parse(workload) as Workload, mode);
const prepareSeconds = (performance.now() - start) / 1000;

/** Runs one step; reading a number of its result waits for its end. */
function timeStep(): { wall: number; cpu: number } {
  const begin = performance.now();
  const busy = process.cpuUsage();
  const outputs = step.run(inputs);
  for (const output of Object.values(outputs)) tf.tidy(() => output.flatten().slice(0, 1).dataSync());
  tf.dispose(outputs);
  const { user, system } = process.cpuUsage(busy);
  return { wall: performance.now() - begin, cpu: (user + system) / 1000 };
}

for (let i = 0; i < warmUpSteps; i++) timeStep();
const reply = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
reply({ prepareSeconds, version: `TensorFlow ${runtime.tensorflow}`, device: runtime.device });
createInterface({ input: process.stdin }).on('line', () => reply(timeStep()));
