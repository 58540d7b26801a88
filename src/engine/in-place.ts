import { tf } from '../tf.js';
import { attr, type NativeAttribute, nativeBackend } from './native.js';
import { activeRecorder } from './recorder.js';

export interface InPlaceUpdate {
  /** TensorFlow's name of an operation that takes handles of variables first: `ResourceApplyMomentum`. */
  readonly op: string;
  /** The variables that it changes, in the operation's order. */
  readonly variables: readonly tf.Variable[];
  /** Its other inputs, in the operation's order. */
  readonly inputs: readonly tf.Tensor[];
  readonly attributes: readonly NativeAttribute[];
}

/**
 * Changes variables by one of TensorFlow's fused updates, for example a whole optimizer rule.
 *
 * In a compiled step the operation works on the session's variables. In eager mode tfjs's variables are copied into
 * variables of the native library and back, so that both modes compute the same bits.
 */
export function updateInPlace(update: InPlaceUpdate): void {
  const recorder = activeRecorder();
  if (recorder) recorder.addUpdate(update.op, update.attributes, update.variables, update.inputs);
  else updateEagerly(update);
}

function updateEagerly({ op, variables, inputs, attributes }: InPlaceUpdate): void {
  const backend = nativeBackend();
  tf.tidy(() => {
    const handles: tf.Tensor[] = [];
    try {
      for (const [index, variable] of variables.entries()) {
        const type = attr.type('dtype', variable.dtype);
        const name = attr.string('shared_name', `update/${index}`);
        const shape = attr.shape('shape', variable.shape);
        const handle = backend.executeMultipleOutputs('VarHandleOp', [type, shape, name], [], 1)[0]!;
        handles.push(handle);
        backend.executeMultipleOutputs('AssignVariableOp', [type], [handle, variable], 0);
      }
      backend.executeMultipleOutputs(op, attributes, [...handles, ...inputs], 0);
      for (const [index, variable] of variables.entries()) {
        const type = attr.type('dtype', variable.dtype);
        variable.assign(backend.executeMultipleOutputs('ReadVariableOp', [type], [handles[index]!], 1)[0]!);
      }
    } finally {
      const quietly = attr.bool('ignore_lookup_error', true);
      for (const handle of handles)
        backend.executeMultipleOutputs('DestroyResourceOp', [quietly], [handle], 0);
    }
  });
}
