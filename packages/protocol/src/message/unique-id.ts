import { intToIpv4, ipv4ToInt } from './host.ts';
import { writeHex32 } from './message-id.ts';

/**
 * Client message ids, property UNIQ_KEY (`MessageClientIDSetter`): 16 bytes as 32 upper-case hex digits.
 *
 *     0 ip (4)   4 pid, low 16 bits (2)   6 random per process (4; Java: a class loader's hash)
 *     10 ms since the start of the month in local time (4)   14 counter, wraps at 65536 (2)
 *
 * Admin tools derive a time window from bytes 10 to 13, so the layout is kept.
 */
export const UNIQUE_ID_LENGTH = 32;

/** The part of platform's Clock that ids need. */
export interface WallClock {
  now(): number;
}

/** The part of platform's Random that ids need. */
export interface RandomBytes {
  bytes(count: number): Buffer;
}

export interface UniqueIdOptions {
  clock: WallClock;
  random: RandomBytes;
  /** IPv4 address, as text or int32; without one, as in Java, the bytes come from the clock. */
  ip?: string | number | undefined;
  pid: number;
}

export class UniqueIdGenerator {
  readonly #clock: WallClock;
  /** The id of the moment; its first 20 digits never change. */
  readonly #digits = Buffer.alloc(UNIQUE_ID_LENGTH, 0x30);
  #monthStart = 0;
  #nextMonthStart = 0;
  #counter = 0;

  constructor(options: UniqueIdOptions) {
    this.#clock = options.clock;
    const { ip } = options;
    const ipBits = typeof ip === 'string' ? ipv4ToInt(ip) : (ip ?? options.clock.now() % 0x1_0000_0000);
    writeHex32(this.#digits, 4, options.pid);
    writeHex32(this.#digits, 0, ipBits);
    writeHex32(this.#digits, 12, options.random.bytes(4).readInt32BE(0));
  }

  next(): string {
    this.#advance();
    return this.#digits.toString('latin1', 0, UNIQUE_ID_LENGTH);
  }

  /** Writes the next id as 32 bytes; answers the position after them. */
  writeNext(target: Buffer, position: number): number {
    this.#advance();
    this.#digits.copy(target, position);
    return position + UNIQUE_ID_LENGTH;
  }

  #advance(): void {
    const now = this.#clock.now();
    if (now >= this.#nextMonthStart) this.#setMonth(now);
    // The counter shares the last 8 digits' writer: its high half is overwritten by the time's low half.
    writeHex32(this.#digits, 24, this.#counter);
    writeHex32(this.#digits, 20, now - this.#monthStart);
    this.#counter = (this.#counter + 1) & 0xffff;
  }

  #setMonth(now: number): void {
    const date = new Date(now);
    this.#monthStart = new Date(date.getFullYear(), date.getMonth(), 1).getTime();
    this.#nextMonthStart = new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime();
  }
}

const MAX_CLOCK_SKEW_MS = 24 * 60 * 60 * 1000;

/**
 * When a client made this id, to the millisecond, if it is less than a month old (`getNearlyTimeFromID`, which takes
 * an id of the current millisecond or from a clock ahead of ours to be a month old).
 */
export function timeOfUniqueId(uniqKey: string, now: number): number {
  const sinceMonthStart = Number.parseInt(uniqKey.slice(20, 28), 16);
  const date = new Date(now);
  const thisMonth = new Date(date.getFullYear(), date.getMonth(), 1).getTime();
  if (thisMonth + sinceMonthStart < now + MAX_CLOCK_SKEW_MS) return thisMonth + sinceMonthStart;
  return new Date(date.getFullYear(), date.getMonth() - 1, 1).getTime() + sinceMonthStart;
}

/** The IPv4 address of the client that made this id. */
export function ipOfUniqueId(uniqKey: string): string {
  return intToIpv4(Number.parseInt(uniqKey.slice(0, 8), 16));
}
