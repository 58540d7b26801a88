/** The log of one image: lines of JSON, one for each event, and what they make of it. */
import type { Size } from '../../data/geometry/rect.js';
import type { AnnotationEvent } from './event.js';
import { AnnotationEventSchema } from './event-schema.js';
import { AnnotationState, emptyParts } from './state.js';

/** What is wrong with a log; it is never repaired by leaving lines out. */
export class LogError extends Error {
  override readonly name = 'LogError';
  /** From 1. */
  readonly line: number;

  constructor(what: string, line: number) {
    super(what);
    this.line = line;
  }
}

/** A log that was read. */
export interface ReadLog {
  readonly events: readonly AnnotationEvent[];
  /** Bytes of the complete lines; what follows is a line that was never written to its end, and never acknowledged. */
  readonly length: number;
}

/**
 * Reads the lines of a log. Bytes after the last line feed are passed over.
 *
 * @throws {LogError} For a line that is no event, or is out of order.
 */
export function readLog(bytes: Uint8Array): ReadLog {
  const length = bytes.lastIndexOf(lineFeed) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, length)).split('\n').slice(0, -1);
  const events = lines.map((line, index) => parseLine(line, index + 1));
  const [first] = events;
  for (const [index, event] of events.entries()) {
    const { seq, prev, image, width, height } = event;
    if (seq !== index + 1 || prev !== index)
      throw new LogError(`The event ${seq} follows ${prev}, where ${index + 1} was expected.`, index + 1);
    if (image !== first!.image || width !== first!.width || height !== first!.height)
      throw new LogError('The event is of another image.', index + 1);
  }
  return { events, length };
}

const lineFeed = 10;

function parseLine(line: string, number: number): AnnotationEvent {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new LogError(`The line is not JSON: ${(error as Error).message}.`, number);
  }
  const { data, error } = AnnotationEventSchema.safeParse(parsed);
  if (data) return data;
  const [issue] = error.issues;
  throw new LogError(`The line is no event: ${issue!.path.join('.')}: ${issue!.message}.`, number);
}

/**
 * Does all events, one after the other.
 *
 * @param onEvent Called after each.
 * @throws {LogError} For one that the state refuses.
 */
export function replay(
  events: readonly AnnotationEvent[],
  size: Size,
  onEvent: (event: AnnotationEvent, state: AnnotationState) => void = () => {},
): AnnotationState {
  const state = new AnnotationState(emptyParts(size));
  for (const event of events) {
    const refusal = state.refusal(event);
    if (refusal !== undefined) throw new LogError(refusal, event.seq);
    state.apply(event, event.seq);
    onEvent(event, state);
  }
  return state;
}
