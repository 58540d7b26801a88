/** Time and clicks that an edit takes. */

/** ms: a longer pause is no work. */
const longestPause = 30_000;

export class Effort {
  #last = 0;
  #worked = 0;
  #clicks = 0;

  constructor(readonly now: () => number = () => performance.now()) {}

  /** Begins anew: what was before belongs to no edit. */
  begin(): void {
    this.#last = this.now();
    this.#worked = 0;
    this.#clicks = 0;
  }

  /** Something was pressed or moved. */
  note(isClick: boolean): void {
    const now = this.now();
    const pause = now - this.#last;
    if (pause < longestPause) this.#worked += pause;
    this.#last = now;
    if (isClick) this.#clicks++;
  }

  /** Since the edit before: ms, a whole number, and clicks, at least one. */
  take(): { readonly ms: number; readonly clicks: number } {
    this.note(false);
    const taken = { ms: Math.round(this.#worked), clicks: Math.max(1, this.#clicks) };
    this.begin();
    return taken;
  }
}
