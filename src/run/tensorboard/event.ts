/** The messages of TensorBoard's event files (tensorflow/core/util/event.proto, framework/summary.proto). */
import { bytes, encoded, type Fields, float, integer, join, message, text } from '../../engine/protobuf.js';

/** An image, encoded as PNG. */
export interface EventImage {
  /** px */
  readonly height: number;
  readonly width: number;
  /** 1 is grey, 3 is RGB. */
  readonly channels: 1 | 3;
  readonly png: Uint8Array;
}

interface Moment {
  readonly time: Date;
  readonly step: number;
}

/** The first event of a file. */
export const versionEvent = (time: Date): Uint8Array => event({ time, step: 0 }, text(3, 'brain.Event:2'));

/** Marks a resumed run: TensorBoard drops this step and later ones of earlier files. */
export const restartEvent = (moment: Moment): Uint8Array => event(moment, message(7, integer(1, 1)));

export const scalarsEvent = (moment: Moment, scalars: Readonly<Record<string, number>>): Uint8Array =>
  event(
    moment,
    message(5, ...Object.entries(scalars).map(([tag, value]) => message(1, text(1, tag), float(2, value)))),
  );

export function imageEvent(
  moment: Moment,
  tag: string,
  { height, width, channels, png }: EventImage,
): Uint8Array {
  const image = message(4, integer(1, height), integer(2, width), integer(3, channels), bytes(4, png));
  return event(moment, message(5, message(1, text(1, tag), image)));
}

function event({ time, step }: Moment, content: Fields): Uint8Array {
  const wallTime = new Uint8Array(9);
  // Field 1, a double.
  wallTime[0] = 1 * 8 + 1;
  new DataView(wallTime.buffer).setFloat64(1, time.getTime() / 1000, true);
  // Protobuf does not write default values, such as step 0.
  return encoded(join([[wallTime], ...(step === 0 ? [] : [integer(2, step)]), content]));
}
