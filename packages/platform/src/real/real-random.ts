/** Owns randomness in production: the operating system's generator for bytes, a fast one for load spreading. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../random.ts';

export class RealRandom implements Random {
  integer(bound: number): number {
    return Math.floor(Math.random() * bound);
  }
  bytes(count: number): Buffer {
    return randomBytes(count);
  }
}
