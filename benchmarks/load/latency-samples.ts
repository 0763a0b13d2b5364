/** Latencies of one round: all of them are kept, so that the high percentiles are counted and not estimated. */
import type { LatencyUs } from './load-request.ts';

export class LatencySamples {
  #samples: Float64Array;
  #count = 0;

  constructor(expected: number) {
    this.#samples = new Float64Array(Math.max(1024, expected));
  }

  add(milliseconds: number): void {
    if (this.#count === this.#samples.length) {
      const larger = new Float64Array(this.#samples.length * 2);
      larger.set(this.#samples);
      this.#samples = larger;
    }
    this.#samples[this.#count++] = milliseconds;
  }

  summary(): LatencyUs | undefined {
    if (this.#count === 0) return undefined;
    const sorted = this.#samples.subarray(0, this.#count).sort();
    const at = (share: number) =>
      Math.round(1000 * (sorted[Math.min(this.#count - 1, Math.floor(share * this.#count))] as number));
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
  }
}
