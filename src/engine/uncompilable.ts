import { exitCodes, NucleateError } from '../errors.js';
import type { NativeAttribute } from './native.js';

const sizeDepends = 'the size of its result depends on values';
const random = 'it draws random numbers inside the graph, whose state no checkpoint holds';
const padded = 'Use paddedNonMaxSuppression (src/ops).';
const masked = 'Keep the full size and a mask of what counts, or multiply by 0 and 1.';
const asInput = 'Draw the numbers with a Random (src/random.ts) and pass them as an input of the step.';
const outside = 'Do it outside the step.';

/** Operations that a compiled step cannot contain, by TensorFlow's name: why, and what to do instead. */
const uncompilableOperations: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ...same(
    ['Where', 'UniqueV2', 'ListDiff', 'SparseFillEmptyRows', 'SparseReshape', 'Bincount', 'DenseBincount'],
    [sizeDepends, masked],
  ),
  ...same(['NonMaxSuppressionV2', 'NonMaxSuppressionV3', 'NonMaxSuppressionV5'], [sizeDepends, padded]),
  ...same(
    [
      'Multinomial',
      'RandomUniform',
      'RandomStandardNormal',
      'TruncatedNormal',
      'RandomShuffle',
      'RandomUniformInt',
    ],
    [random, asInput],
  ),
  ...same(
    [
      'SummaryWriter',
      'CreateSummaryFileWriter',
      'FlushSummaryWriter',
      'WriteScalarSummary',
      'WriteSummary',
      'DecodeBmp',
      'DecodeGif',
      'DecodeJpeg',
      'DecodePng',
      'EncodeJpeg',
      'EncodePng',
      'StaticRegexReplace',
    ],
    ['it reads or writes files, images or text', outside],
  ),
};

function same<Value>(names: readonly string[], value: Value): Record<string, Value> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** The error for an operation that a compiled step cannot contain; undefined if it can. */
export function uncompilable(op: string, attributes: readonly NativeAttribute[]): NucleateError | undefined {
  const isUnpadded = attributes.some(
    ({ name, value }) => name === 'pad_to_max_output_size' && value === false,
  );
  const found = isUnpadded ? ([sizeDepends, padded] as const) : uncompilableOperations[op];
  return found && compileError(`${op} cannot be compiled: ${found[0]}.`, found[1]);
}

/** The error for a step that cannot be compiled. */
export const compileError = (what: string, hint: string): NucleateError =>
  new NucleateError({ what, hint: `${hint} Or run the step eagerly (--eager).`, exitCode: exitCodes.usage });
