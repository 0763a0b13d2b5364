/** One connection that pulls all queues of a topic, one pull outstanding per queue, and walks the records it is given. */
import type { Socket } from 'node:net';
import { pullFrame } from './frame-template.ts';
import { QUEUES } from './load-request.ts';
import { ResponseReader } from './response-reader.ts';

const NEXT = Buffer.from('"nextBeginOffset":"');
const BODY_LENGTH_AT = 84;

/** Called with the place of each record's body. */
export type OnRecord = (buffer: Buffer, bodyStart: number) => void;

export class PullConnection {
  readonly #socket: Socket;
  readonly #topic: string;
  readonly #suspendMs: number;
  readonly #onRecord: OnRecord;
  readonly #ends: readonly number[];
  readonly #next: number[];
  readonly #finished: () => void;
  errors = 0;

  /** Ends are the offsets behind the last messages; Infinity for a poll without end. */
  constructor(
    socket: Socket,
    topic: string,
    starts: readonly number[],
    ends: readonly number[],
    suspendMs: number,
    onRecord: OnRecord,
    finished: () => void,
  ) {
    this.#socket = socket;
    this.#topic = topic;
    this.#next = [...starts];
    this.#ends = ends;
    this.#suspendMs = suspendMs;
    this.#onRecord = onRecord;
    this.#finished = finished;
    const reader = new ResponseReader((queueId, ok, buffer, headerStart, bodyStart, end) =>
      this.#response(queueId, ok, buffer, headerStart, bodyStart, end),
    );
    socket.on('data', (chunk: Buffer) => reader.read(chunk));
  }

  start(): void {
    for (let queueId = 0; queueId < QUEUES; queueId++) this.#pull(queueId);
  }

  #pull(queueId: number): void {
    this.#socket.write(pullFrame(this.#topic, queueId, this.#next[queueId] as number, this.#suspendMs));
  }

  #response(
    queueId: number,
    ok: boolean,
    buffer: Buffer,
    headerStart: number,
    bodyStart: number,
    end: number,
  ): void {
    if (ok) {
      const at = buffer.indexOf(NEXT, headerStart) + NEXT.length;
      this.#next[queueId] = Number(buffer.toString('latin1', at, buffer.indexOf(0x22, at)));
      for (let record = bodyStart; record < end; record += buffer.readInt32BE(record))
        this.#onRecord(buffer, record + BODY_LENGTH_AT + 4);
    } else if (this.#suspendMs === 0) {
      this.errors++; // a held poll that came to its end is none
    }
    if ((this.#next[queueId] as number) < (this.#ends[queueId] as number)) this.#pull(queueId);
    else if (this.#next.every((next, i) => next >= (this.#ends[i] as number))) this.#finished();
  }
}
