/**
 * Graphs that run at once. Two keep two or more cores busy: while one waits for a part of an operation that a single thread does, or
 * for JavaScript, the other computes. Each has its own activations in memory, so there are no more.
 */
export const runsAtOnce = 2;

/** Images in work: while graphs run for two of them, JavaScript has a third. The results do not depend on it. */
export const imagesAtOnce = runsAtOnce + 1;

/** Lets works run at once that need no more than all lanes together; the others wait in their order. */
export class Lanes {
  #free = runsAtOnce;
  readonly #waiting: { readonly lanes: number; readonly begin: () => void }[] = [];

  /**
   * @param lanes How many the work needs, 1 to {@link runsAtOnce}: all of them for one that needs much memory.
   * @returns What the work returns.
   */
  async run<Result>(lanes: number, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ lanes, begin });
      this.#beginNext();
    });
    try {
      return await work();
    } finally {
      this.#free += lanes;
      this.#beginNext();
    }
  }

  #beginNext(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (!next || next.lanes > this.#free) return;
      this.#waiting.shift();
      this.#free -= next.lanes;
      next.begin();
    }
  }
}
