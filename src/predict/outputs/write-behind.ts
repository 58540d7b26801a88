/**
 * Writes the results of one image while the networks see the next one: compressing and flushing to the disk wait for other threads.
 * All is done in the order in which it was given.
 */
export class WriteBehind {
  #last: Promise<void> = Promise.resolve();

  /**
   * Begins to write as soon as all else is done, so that the results of one image at most wait in memory.
   *
   * @throws What failed before; a failure of `work` is thrown by the next call.
   */
  async begin(work: () => Promise<void>): Promise<void> {
    await this.#last;
    this.#follow(work());
  }

  /** Does this after what is being written; returns at once. */
  after(work: () => Promise<void>): void {
    this.#follow(this.#last.then(work));
  }

  /** Waits for all. @throws What failed. */
  end(): Promise<void> {
    return this.#last;
  }

  /** Waits for all, after another error. */
  async settle(): Promise<void> {
    await this.#last.catch(() => {});
  }

  #follow(work: Promise<void>): void {
    this.#last = work;
    // Whoever waits gets the error; until then it is not an unhandled one.
    work.catch(() => {});
  }
}
