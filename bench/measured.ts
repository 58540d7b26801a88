/** Time and memory of the work of a process. */
export interface Result {
  /** On the clock, and of all processors together. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Peak memory of the process, MB: before the work, and after it. */
  readonly megabytesBefore: number;
  readonly megabytes: number;
  readonly note: string;
}

const megabytes = () => process.resourceUsage().maxRSS / 1000;

export class Measured {
  readonly #start = performance.now();
  readonly #busy = process.cpuUsage();
  readonly #before = megabytes();

  end(note: string): Result {
    const { user, system } = process.cpuUsage(this.#busy);
    return {
      seconds: (performance.now() - this.#start) / 1000,
      cpuSeconds: (user + system) / 1e6,
      megabytesBefore: this.#before,
      megabytes: megabytes(),
      note,
    };
  }
}

/** @param json Of a result. */
export function measuredLine(name: string, json: string): string {
  const { seconds, cpuSeconds, megabytesBefore, megabytes: peak, note } = JSON.parse(json) as Result;
  return [
    name.padEnd(24),
    `${seconds.toFixed(1)} s`.padStart(10),
    `cpu ${cpuSeconds.toFixed(1)} s`.padStart(14),
    `peak ${peak.toFixed(0)} MB (${megabytesBefore.toFixed(0)} before)`.padStart(28),
    `  ${note}`,
  ].join('');
}
