/**
 * Sends whose bytes are in the log's memory and not yet where the producer was promised: a FIFO of numbers.
 *
 * One queue waits for the bytes to be handed to the operating system, another for the disk. Within each, ends grow (the log
 * only grows), so what has become safe is always at the front, and so is what has waited longest.
 *
 * Invariants: an entry leaves exactly once; entries of closed connections leave like others, unanswered. Nothing is
 * allocated per entry while the ring is large enough.
 */
import type { Connection } from '@rocketmq-ts/remoting';

/** What to do when an entry leaves. */
export const WaitingKind = { send: 0, batch: 1, callback: 2 } as const;
export type WaitingKind = (typeof WaitingKind)[keyof typeof WaitingKind];

/** Why an entry leaves. */
export const WaitOutcome = { safe: 0, timedOut: 1, failed: 2 } as const;
export type WaitOutcome = (typeof WaitOutcome)[keyof typeof WaitOutcome];

export type WaitCallback = (outcome: WaitOutcome) => void;

const KIND_MASK = 3;
const WITHOUT_SLAVE = 0x80;
const FIRST_CAPACITY = 256;

export class WaitingSends {
  /** The entry being taken; valid after `take` answered true, until the next call. */
  connection: Connection | undefined;
  callback: WaitCallback | undefined;
  kind: WaitingKind = WaitingKind.send;
  opaque = 0;
  serializeType = 0;
  queueId = 0;
  queueOffset = 0;
  physicalOffset = 0;
  /** First byte of the log after the record. */
  end = 0;
  /** There was no slave to wait for. */
  withoutSlave = false;
  /** Of a batch: where each record starts. */
  batchOffsets: Float64Array | undefined;

  #mask = FIRST_CAPACITY - 1;
  #head = 0;
  #tail = 0;
  #ends = new Float64Array(FIRST_CAPACITY);
  #deadlines = new Float64Array(FIRST_CAPACITY);
  #queueOffsets = new Float64Array(FIRST_CAPACITY);
  #physicalOffsets = new Float64Array(FIRST_CAPACITY);
  #opaques = new Int32Array(FIRST_CAPACITY);
  #queueIds = new Int32Array(FIRST_CAPACITY);
  /** Serialize type in the low four bits, then the kind, then WITHOUT_SLAVE. */
  #kinds = new Uint8Array(FIRST_CAPACITY);
  #connections = new Array<Connection | undefined>(FIRST_CAPACITY).fill(undefined);
  #extras = new Array<WaitCallback | Float64Array | undefined>(FIRST_CAPACITY).fill(undefined);

  get length(): number {
    return this.#tail - this.#head;
  }

  /** A send of one record that is safe once everything below `end` is. `deadline` is monotonic milliseconds. */
  pushSend(
    connection: Connection,
    opaque: number,
    serializeType: number,
    queueId: number,
    queueOffset: number,
    physicalOffset: number,
    end: number,
    deadline: number,
  ): void {
    const at = this.#next();
    this.#connections[at] = connection;
    this.#opaques[at] = opaque;
    this.#kinds[at] = serializeType;
    this.#queueIds[at] = queueId;
    this.#queueOffsets[at] = queueOffset;
    this.#physicalOffsets[at] = physicalOffset;
    this.#ends[at] = end;
    this.#deadlines[at] = deadline;
  }

  /** Makes the entry pushed last one of a batch, whose records start at `offsets`. */
  markBatch(offsets: Float64Array): void {
    const at = (this.#tail - 1) & this.#mask;
    this.#kinds[at] = this.#kinds[at]! | (WaitingKind.batch << 4);
    this.#extras[at] = offsets;
  }

  /** Makes the entry pushed last one for which there was no slave to wait for. */
  markWithoutSlave(): void {
    const at = (this.#tail - 1) & this.#mask;
    this.#kinds[at] = this.#kinds[at]! | WITHOUT_SLAVE;
  }

  /** Calls back instead of answering. */
  pushCallback(callback: WaitCallback, end: number, deadline: number): void {
    const at = this.#next();
    this.#kinds[at] = WaitingKind.callback << 4;
    this.#extras[at] = callback;
    this.#ends[at] = end;
    this.#deadlines[at] = deadline;
  }

  /** Takes the front entry when it is safe below `safeOffset`. */
  takeSafe(safeOffset: number): boolean {
    if (this.#head === this.#tail) return false;
    const at = this.#head & this.#mask;
    if (this.#ends[at]! > safeOffset) return false;
    this.#take(at);
    return true;
  }

  /** Takes the front entry when it has waited until `now` or longer. */
  takeExpired(now: number): boolean {
    if (this.#head === this.#tail) return false;
    const at = this.#head & this.#mask;
    if (this.#deadlines[at]! > now) return false;
    this.#take(at);
    return true;
  }

  /** Takes the entry pushed last when it ends above `offset`. */
  takeLastAbove(offset: number): boolean {
    if (this.#head === this.#tail) return false;
    const at = (this.#tail - 1) & this.#mask;
    if (this.#ends[at]! <= offset) return false;
    this.#load(at);
    this.#tail--;
    return true;
  }

  /** Deadline of the front entry, or Infinity. */
  get nextDeadline(): number {
    return this.#head === this.#tail ? Number.POSITIVE_INFINITY : this.#deadlines[this.#head & this.#mask]!;
  }

  #take(at: number): void {
    this.#load(at);
    this.#head++;
  }

  #load(at: number): void {
    const kind = this.#kinds[at]!;
    this.kind = ((kind >>> 4) & KIND_MASK) as WaitingKind;
    this.withoutSlave = (kind & WITHOUT_SLAVE) !== 0;
    this.end = this.#ends[at]!;
    this.serializeType = kind & 0xf;
    this.connection = this.#connections[at];
    this.opaque = this.#opaques[at]!;
    this.queueId = this.#queueIds[at]!;
    this.queueOffset = this.#queueOffsets[at]!;
    this.physicalOffset = this.#physicalOffsets[at]!;
    this.#connections[at] = undefined;
    if (this.kind === WaitingKind.send) return;
    const extra = this.#extras[at];
    this.#extras[at] = undefined;
    this.callback = typeof extra === 'function' ? extra : undefined;
    this.batchOffsets = typeof extra === 'function' ? undefined : extra;
  }

  #next(): number {
    if (this.#tail - this.#head > this.#mask) this.#grow();
    return this.#tail++ & this.#mask;
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2;
    const length = this.length;
    this.#ends = unrolled(this.#ends, new Float64Array(capacity), this.#head, this.#mask);
    this.#deadlines = unrolled(this.#deadlines, new Float64Array(capacity), this.#head, this.#mask);
    this.#queueOffsets = unrolled(this.#queueOffsets, new Float64Array(capacity), this.#head, this.#mask);
    this.#physicalOffsets = unrolled(
      this.#physicalOffsets,
      new Float64Array(capacity),
      this.#head,
      this.#mask,
    );
    this.#opaques = unrolled(this.#opaques, new Int32Array(capacity), this.#head, this.#mask);
    this.#queueIds = unrolled(this.#queueIds, new Int32Array(capacity), this.#head, this.#mask);
    this.#kinds = unrolled(this.#kinds, new Uint8Array(capacity), this.#head, this.#mask);
    const connections = new Array<Connection | undefined>(capacity).fill(undefined);
    this.#connections = unrolled(this.#connections, connections, this.#head, this.#mask);
    const extras = new Array<WaitCallback | Float64Array | undefined>(capacity).fill(undefined);
    this.#extras = unrolled(this.#extras, extras, this.#head, this.#mask);
    this.#mask = capacity - 1;
    this.#head = 0;
    this.#tail = length;
  }
}

interface Slots<T> {
  [index: number]: T;
  readonly length: number;
}

/** Copies a full ring into the beginning of a larger one. */
function unrolled<T, S extends Slots<T>>(ring: S, target: S, head: number, mask: number): S {
  for (let i = 0; i <= mask; i++) target[i] = ring[(head + i) & mask]!;
  return target;
}
