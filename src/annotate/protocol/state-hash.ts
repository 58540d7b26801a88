/**
 * A hash of a label map and its objects that is the same in whatever order they were made, and is updated in the time that
 * the change takes. The page and the server compare it after each event. It finds mistakes, not forgeries.
 */
import type { Rect } from '../../data/geometry/rect.js';
import { type AnnotatedNucleus, objectSources, objectStates } from './event.js';

/** Sums of the hashes of all parts, in two lanes of 32 bits, so that parts can be taken away again. */
export class StateHash {
  #low = 0;
  #high = 0;

  /** `count` pixels from `start` get a label, or lose it with `sign` -1. Background counts nothing. */
  pixels(start: number, count: number, label: number, sign: 1 | -1): void {
    if (label === 0) return;
    for (let pixel = start; pixel < start + count; pixel++) this.#add(pixel, label, sign);
  }

  object({ id, state, source }: AnnotatedNucleus, sign: 1 | -1): void {
    // Above all pixels: no image has 2^31 of them.
    const kind = 2 ** 31 + objectStates.indexOf(state) * objectSources.length + objectSources.indexOf(source);
    this.#add(kind, id, sign);
  }

  /**
   * 16 hexadecimal digits.
   *
   * @param reviewed Regions, in their order.
   */
  digest(reviewed: readonly Rect[]): string {
    let [low, high] = [this.#low, this.#high];
    for (const { x, y, width, height } of reviewed) {
      for (const value of [x, y, width, height]) {
        low = mix(low ^ value);
        high = mix(high + Math.imul(value, 0x9e3779b1));
      }
    }
    return hex(high) + hex(low);
  }

  #add(place: number, value: number, sign: number): void {
    const one = mix(place ^ mix(value));
    this.#low = (this.#low + sign * one) | 0;
    this.#high = (this.#high + sign * mix(one ^ Math.imul(place, 0x9e3779b1))) | 0;
  }
}

const hex = (lane: number) => (lane >>> 0).toString(16).padStart(8, '0');

/** Spreads 32 bits: the finalizer of MurmurHash3 (Austin Appleby, public domain), of which each bit of the input changes half of the bits. */
function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
