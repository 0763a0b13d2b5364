/** Owns seeded randomness: the same seed gives the same sequence on every machine (mulberry32). */
import type { Random } from '../random.ts';

export class SimRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  integer(bound: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * bound);
  }

  bytes(count: number): Buffer {
    const result = Buffer.alloc(count);
    for (let i = 0; i < count; i++) result[i] = this.#next() >>> 24;
    return result;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
}
