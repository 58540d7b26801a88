import type { Result } from '../../src/engine/graph.js';
import { nativeBackend } from '../../src/engine/native.js';

/** An operation and what it returns, as text: `MatMul -> 1[2,3]`, of `TF_*` types and shapes. */
export const describeCall = (op: string, results: readonly Result[]): string =>
  `${op} -> ${results.map(({ shape, dtype }) => `${dtype}[${shape.join()}]`).join(' ')}`;

/** All operations that the native library computes while `work` runs, by {@link describeCall}. */
export function noteNativeCalls(work: () => void): string[] {
  const backend = nativeBackend();
  const { binding } = backend;
  const calls: string[] = [];
  const noting: Pick<typeof binding, 'executeOp'> = {
    executeOp: (op, ...rest) => {
      const results = binding.executeOp(op, ...rest);
      calls.push(describeCall(op, results));
      return results;
    },
  };
  backend.binding = Object.setPrototypeOf(noting, binding) as typeof binding;
  try {
    work();
  } finally {
    backend.binding = binding;
  }
  return calls;
}
