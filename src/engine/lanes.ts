import pLimit, { type LimitFunction } from 'p-limit';

/** Lets some works run at once; the others wait in their order. */
export type Lanes = LimitFunction;

/**
 * Graphs that run at once. Two keep two or more cores busy: while one waits for a part of an operation that a single thread does, or
 * for JavaScript, the other computes. Each has its own activations in memory, so there are no more.
 */
export const runsAtOnce = 2;

/** Lanes for the graphs of networks that are used together. */
export const makeLanes = (): Lanes => pLimit(runsAtOnce);
