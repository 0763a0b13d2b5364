/** Randomness, as a seam: seeded in tests. */
export interface Random {
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** `count` random bytes. */
  bytes(count: number): Buffer;
}
