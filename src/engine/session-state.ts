/** The state of a compiled step: variables of its session, and how the caller reads and writes them. */
import type { tf } from '../tf.js';
import { type Control, control, type Output, output, typeValue } from './graph.js';
import { hoistInvariants } from './hoist.js';
import { dataTypes } from './native.js';
import { mapIndexed, type Recording } from './record-step.js';
import type { Session } from './session.js';
import { type NamedTensors, type NamedVariables, requireLike, type RunnableStep } from './step.js';

/** Where the graph reads and writes the state for the caller. */
interface StateAccess {
  readonly variables: Readonly<Record<string, VariableAccess>>;
  /** Fetched so that all of it is written: one fetch is cheaper than hundreds. */
  readonly allWritten: Output;
  /** Fetched whenever all of it is fed; see {@link hoistInvariants}. */
  readonly prepared: Output | undefined;
}

interface VariableAccess {
  /** Fetched. */
  readonly read: Output;
  /** Fed. */
  readonly write: Output;
  /** Assigns the fed value. */
  readonly assign: Control;
  /** Fetched so that {@link assign} runs. */
  readonly written: Output;
}

/** Adds to a graph what {@link sessionState} needs. */
export function addStateAccess(recording: Recording, state: NamedVariables): StateAccess {
  const { graph, state: handles } = recording;
  const fed = mapIndexed(state, ({ shape, dtype }, index) =>
    graph.addPlaceholder(`write/${index}`, { shape, dtype: dataTypes[dtype] }),
  );
  // Before the nodes are added with which the caller writes the state: they would make all of it changeable.
  const prepared = hoistInvariants(
    recording,
    new Map(Object.entries(fed).map(([name, write]) => [handles[name]!, write])),
  );
  const variables = mapIndexed(state, (variable, index, name) => {
    const [handle, write] = [handles[name]!, fed[name]!];
    const dtype = { dtype: typeValue(dataTypes[variable.dtype]) };
    const assign = control(graph.add(`assign/${index}`, 'AssignVariableOp', [handle, write], dtype));
    return {
      read: output(graph.add(`read/${index}`, 'ReadVariableOp', [handle], dtype)),
      ...{ write, assign },
      written: graph.addBarrier(`written/${index}`, [assign]),
    };
  });
  const allWritten = graph.addBarrier(
    'written',
    Object.values(variables).map(({ assign }) => assign),
  );
  return { variables, allWritten, prepared };
}

/** Reads and writes the state of a session, whose graph was given the access. */
export function sessionState(
  session: Session,
  { variables, allWritten, prepared }: StateAccess,
  state: NamedVariables,
): Pick<RunnableStep<NamedTensors, NamedTensors>, 'readState' | 'writeState'> {
  const all = Object.values(variables);
  const readState = () => {
    const values = session.run(
      [],
      all.map(({ read }) => read),
    );
    return mapIndexed(variables, (_, index) => values[index]!);
  };
  return {
    readState,
    writeState: (values) => {
      requireLike('state', values, state, { partly: true });
      const names = Object.keys(values);
      if (names.length === 0) return;
      // The prepared values are computed from all of the state.
      const present: Record<string, tf.Tensor> =
        prepared && names.length < Object.keys(state).length ? readState() : {};
      const written = Object.entries({ ...present, ...values }).map(([name, value]) => ({
        ...variables[name]!,
        value,
      }));
      const feeds = written.map(({ write, value }) => [write, value] as const);
      const done = written.length === all.length ? [allWritten] : written.map(({ written }) => written);
      const barriers = session.run(feeds, prepared ? [...done, prepared] : done);
      for (const tensor of [...barriers, ...Object.values(present)]) tensor.dispose();
    },
  };
}
