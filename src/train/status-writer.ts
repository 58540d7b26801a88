import type { TrainingState } from '../run/checkpoints/state.js';
import { readStatus, type RunStatus, writeStatus } from '../run/status.js';

/** Often enough to see that a run is alive; a write takes some milliseconds. */
const intervalMs = 10_000;

/** Keeps `status.json` of a run up to date. */
export class StatusWriter {
  readonly #folder: string;
  readonly #started: string;
  readonly #onTrouble: (sentence: string) => void;
  #last: Pick<RunStatus, 'step' | 'best'> = { step: 0, best: null };
  #written = -Infinity;

  /** @param onTrouble Called with a sentence if the status cannot be written while the run goes on. */
  constructor(folder: string, now: Date, onTrouble: (sentence: string) => void) {
    this.#folder = folder;
    this.#started = readStatus(folder)?.started ?? now.toISOString();
    this.#onTrouble = onTrouble;
  }

  /**
   * @param state How far the run is; without it as far as it was before.
   * @throws {NucleateError} Exit code 8 if the file cannot be written.
   */
  async write(
    facts: Pick<RunStatus, 'state' | 'exitCode' | 'message'>,
    state?: TrainingState,
  ): Promise<void> {
    if (state) this.#last = { step: state.step, best: state.best };
    this.#written = performance.now();
    await writeStatus(this.#folder, {
      ...facts,
      ...this.#last,
      started: this.#started,
      updated: new Date().toISOString(),
    });
  }

  /** Writes the status of a run that goes on, if the last one is older than {@link intervalMs}. */
  async update(state: TrainingState): Promise<void> {
    this.#last = { step: state.step, best: state.best };
    if (performance.now() - this.#written < intervalMs) return;
    try {
      await this.write({ state: 'running', exitCode: null, message: null }, state);
    } catch (error) {
      this.#onTrouble(`status.json cannot be written: ${(error as Error).message}`);
    }
  }
}
