import { hostname } from 'node:os';
import path from 'node:path';
import { AppendLog } from '../logs/append-log.js';
import { type EventImage, imageEvent, restartEvent, scalarsEvent, versionEvent } from './event.js';
import { tfRecord } from './record.js';

export interface EventFileOptions {
  /** Steps done when the file begins; 0 for a new run. TensorBoard then drops later steps of earlier files. */
  readonly step: number;
  readonly now: Date;
  /** Called with a sentence when the file cannot be written; training goes on. */
  readonly onTrouble: (sentence: string) => void;
}

/** A file that TensorBoard shows; each process of a run writes its own. */
export class EventFile {
  readonly #log: AppendLog;

  /**
   * @param folder The existing folder `tb` of a run.
   * @throws {NucleateError} Exit code 8 if the file cannot be created.
   */
  constructor(folder: string, { step, now, onTrouble }: EventFileOptions) {
    const seconds = Math.floor(now.getTime() / 1000);
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${step}`;
    this.#log = new AppendLog(path.join(folder, name), { onTrouble });
    this.#append(versionEvent(now));
    if (step > 0) this.#append(restartEvent({ time: now, step: step + 1 }));
  }

  /** Adds numbers to curves by tag, such as `loss/total`; TensorBoard groups tags by the part before `/`. */
  scalars(step: number, time: Date, scalars: Readonly<Record<string, number>>): void {
    this.#append(scalarsEvent({ step, time }, scalars));
  }

  image(step: number, time: Date, tag: string, image: EventImage): void {
    this.#append(imageEvent({ step, time }, tag, image));
  }

  close(): void {
    this.#log.close();
  }

  #append(event: Uint8Array): void {
    this.#log.append(tfRecord(event));
  }
}
