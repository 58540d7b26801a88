import { tf } from '../tf.js';
import { type NamedTensors, type NamedVariables, requireLike, type RunnableStep, type Step } from './step.js';

/** Runs the function itself, on tfjs's own variables. */
export function runEagerly<Inputs extends NamedTensors, Outputs extends NamedTensors>(
  step: Step<Inputs, Outputs>,
  {
    inputs: examples,
    otherInputs: otherSizes,
    state,
  }: { inputs: Inputs; otherInputs?: Inputs | undefined; state: NamedVariables },
): RunnableStep<Inputs, Outputs> {
  const run = (inputs: Inputs) => {
    requireLike('input', inputs, examples, { partly: false, otherSizes });
    return tf.tidy(() => copies(step(inputs)) as Outputs);
  };
  return {
    mode: 'eager',
    run,
    // What it throws comes by the promise, too.
    runAsync: (inputs) => new Promise((resolve) => resolve(run(inputs))),
    readState: () => copies(state),
    writeState: (values) => {
      requireLike('state', values, state, { partly: true });
      for (const [name, value] of Object.entries(values)) state[name]!.assign(value);
    },
    dispose: () => undefined,
  };
}

/** New tensors for the caller; they share the data. */
const copies = (tensors: NamedTensors): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.clone()]));
